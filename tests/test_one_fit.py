"""Two fits of one network, or of one estimator, at a time: the second is refused, from wherever it comes."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import glassnet as gn
from glassnet.engine import one_fit
from glassnet.populations import Population, cross_validate, find_learning_rate
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TabularClassifier
from glassnet.tabular.estimators import base
from glassnet.training import Run
from glassnet.training.batches import ArrayBatches

X = np.random.default_rng(0).standard_normal((40, 3)).astype("float32")
Y = (X[:, 0] > 0).astype(int)
REFUSED = r"^fit: this network is being fitted already\. Wait for that fit to end, or fit a copy\.deepcopy of it\.$"


def network(**options: Any) -> gn.Network:
    """Return a small built network."""
    settings: dict[str, Any] = {"loss": "cross_entropy", "seed": 0, "input_shape": 3, **options}
    return gn.Network([gn.Dense(4, "relu"), gn.Dense(2)], **settings)


def fit(net: gn.Network, **options: Any) -> Any:
    """Fit for one epoch without looking."""
    return net.fit(X, Y, **{"epochs": 1, "diagnose": False, "progress": False, **options})


def run_of(net: gn.Network) -> Run[gn.Network]:
    """Return a run of one epoch, made without `fit`."""
    batches = ArrayBatches(
        *net._check_data("test", X, Y), batch_size=8, shuffle=True, streams=net._streams, members=None
    )
    return Run(net, batches, 1)


class Meeting(gn.Callback):
    """Holds the training after its first step until the other side is done."""

    def __init__(self) -> None:
        self.inside, self.done = threading.Event(), threading.Event()

    def on_step_end(self, run: Run[Any]) -> None:
        self.inside.set()
        assert self.done.wait(20)


@contextmanager
def being_fitted(do: Callable[[Meeting], object]) -> Iterator[None]:
    """Have ``do`` fit in another thread, in the middle of a step, while inside; what it raises is raised here."""
    meeting, errors = Meeting(), []

    def work() -> None:
        try:
            do(meeting)
        except BaseException as error:
            errors.append(error)
        finally:
            meeting.inside.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert meeting.inside.wait(20)
    try:
        yield
    finally:
        meeting.done.set()
        thread.join(20)
    assert not errors, errors


def by_fit(net: gn.Network) -> Callable[[Meeting], object]:
    """Return a function that fits a network."""
    return lambda meeting: fit(net, callbacks=[meeting])


def population_of(net: gn.Network) -> Population:
    """Return a population of two, one of them this network."""
    population = Population(net, 2)
    population.networks[0] = net
    return population


SECONDS: dict[str, Callable[[gn.Network], object]] = {
    "fit": fit,
    "fit and look": lambda net: fit(net, diagnose=True),
    "run": lambda net: run_of(net).loop(),
    "run step by step": lambda net: list(run_of(net).steps()),
    "population": lambda net: population_of(net).fit(X, Y, epochs=1, progress=False),
}


@pytest.mark.parametrize("second", SECONDS)
def test_a_second_fit_in_another_thread_is_refused(second: str) -> None:
    """While one thread trains a network, another cannot; the first ends as if nothing had been, and then it can."""
    net, alone = network(), network()
    with being_fitted(by_fit(net)), pytest.raises(gn.ConfigError, match=REFUSED):
        SECONDS[second](net)
    fit(alone)
    assert np.array_equal(net.params, alone.params)
    SECONDS[second](net)


def test_a_run_of_ones_own_is_a_fit_too() -> None:
    """A network that a run trains, which was made without `fit`, is held just as well."""
    net = network()

    def train(meeting: Meeting) -> object:
        batches = ArrayBatches(
            *net._check_data("test", X, Y), batch_size=8, shuffle=True, streams=net._streams, members=None
        )
        return Run(net, batches, 1, callbacks=[meeting]).loop()

    with being_fitted(train), pytest.raises(gn.ConfigError, match=REFUSED):
        fit(net)
    fit(net)


def test_members_of_a_population_in_training_are_held() -> None:
    """While a population trains, at once, neither it nor a member of it can be trained; afterwards both can."""
    population = Population(network(), 2)

    def train(meeting: Meeting) -> object:
        def slow(y: np.ndarray, prediction: np.ndarray) -> float:
            meeting.on_step_end(None)  # type: ignore[arg-type]
            return 0.0

        slow.__name__ = "slow"
        return population.fit(X, Y, epochs=1, validation_data=(X, Y), metrics=[slow], progress=False)

    wanted = (
        r"^Population\.fit: this population is being fitted already\. "
        r"Wait for that fit to end, or fit a copy\.deepcopy of it\.$"
    )
    with being_fitted(train):
        for member in population.networks:
            with pytest.raises(gn.ConfigError, match=REFUSED):
                fit(member)
        with pytest.raises(gn.ConfigError, match=wanted):
            population.fit(X, Y, epochs=1, progress=False)
        fit(population.member(0))
    population.fit(X, Y, epochs=1, progress=False)
    fit(population.networks[0])


WRITES: dict[str, Callable[[gn.Network], object]] = {
    "load_state_dict": lambda net: net.load_state_dict(network(seed=5).state_dict()),
    "loss_and_gradients": lambda net: net.loss_and_gradients(X, Y),
    "init_from_data": lambda net: net.init_from_data(X),
}


@pytest.mark.parametrize("name", WRITES)
def test_another_thread_does_not_write_to_a_network_in_training(name: str) -> None:
    """What writes to parameters or gradients is refused meanwhile, in a sentence that names it."""
    net = network()
    wanted = rf"^Network\.{name}: this network is being fitted by another thread\. Wait for that fit to end, or use a copy\.$"
    with being_fitted(by_fit(net)):
        before = net.params.copy()
        with pytest.raises(gn.ConfigError, match=wanted):
            WRITES[name](net)
        assert np.array_equal(net.params, before)


READS: dict[str, Callable[[gn.Network], object]] = {
    "predict": lambda net: net.predict(X),
    "evaluate": lambda net: net.evaluate(X, Y),
    "explain": lambda net: net.explain(X[:2], Y[:2]),
    "summary": lambda net: str(net.summary()),
    "state_dict": lambda net: net.state_dict(),
    "deepcopy": lambda net: fit(copy.deepcopy(net)),
    "diagnose": lambda net: gn.diagnose(net, X, Y),
    "find_learning_rate": lambda net: find_learning_rate(net, X, Y, n_rates=3, steps=3, progress=False),
    "cross_validate": lambda net: cross_validate(net, X, Y, epochs=1, folds=2, progress=False),
    "renewed": lambda net: fit(net._renewed(7)),
}


@pytest.mark.parametrize("name", READS)
def test_reading_is_never_refused(name: str) -> None:
    """What reads, or trains a copy, goes on in another thread and in a callback alike."""
    net = network()
    with being_fitted(by_fit(net)):
        READS[name](net)

    class Reader(gn.Callback):
        def on_epoch_end(self, run: Run[Any]) -> None:
            READS[name](run.network)

    fit(net, callbacks=[Reader()])


def test_a_callback_may_save_and_load_but_not_fit(tmp_path: Any) -> None:
    """Between two steps a callback may write weights; a fit of the same network inside a fit is refused."""
    net = network()

    class Writer(gn.Callback):
        def on_epoch_end(self, run: Run[Any]) -> None:
            run.network.load_state_dict(run.network.state_dict())
            run.network.save(tmp_path / "net.safetensors")
            run.network.loss_and_gradients(X, Y)

    fit(net, callbacks=[Writer()])
    for do in (fit, lambda inner: run_of(inner).loop()):

        class Fitter(gn.Callback):
            def on_step_end(self, run: Run[Any], do: Any = do) -> None:
                do(run.network)

        with pytest.raises(gn.ConfigError, match=REFUSED):
            fit(net, callbacks=[Fitter()])
    fit(net)


def test_fit_after_fit_and_errors_release() -> None:
    """Loops of fits go on; after an error in a callback, in the data or a divergence the network can be fitted again."""
    net = network()
    for _ in range(3):
        fit(net)

    class Broken(gn.Callback):
        def on_step_end(self, run: Run[Any]) -> None:
            message = "broken"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="broken"):
        fit(net, callbacks=[Broken()])
    with pytest.raises(gn.GlassnetError):
        fit(net, validation_split=7.0)
    with pytest.raises(gn.DivergenceError):
        network(loss="squared_error", optimizer=gn.SGD(1e30)).fit(X, X[:, :2] * 1e20, epochs=9, diagnose=False)
    fit(net)


def test_a_run_that_is_collected_while_another_begins_is_not_waited_for() -> None:
    """What ends a run that nobody holds may come at any time, in the middle of the bookkeeping of fits too."""
    net = network()
    steps = run_of(net).steps()
    next(steps)
    circle: list[Any] = [steps]
    circle.append(circle)
    del steps, circle
    done = threading.Event()

    def collect() -> None:
        with one_fit._guard:
            gc.collect()
        done.set()

    threading.Thread(target=collect, daemon=True).start()
    assert done.wait(20.0)
    fit(net)


def test_a_run_left_between_two_steps_is_a_fit_until_it_is_closed() -> None:
    """Between the steps of a run the network is not free; closing the iterator frees it."""
    net = network()
    steps = run_of(net).steps()
    for _ in range(2):  # each in a thread of its own, as a window with a button may do
        thread = threading.Thread(target=next, args=(steps,))
        thread.start()
        thread.join(20)
        net.load_state_dict(net.state_dict())
    with pytest.raises(gn.ConfigError, match=REFUSED):
        fit(net)
    steps.close()
    fit(net)


ESTIMATORS: dict[str, Callable[[list[Any]], Any]] = {
    "classifier": lambda calls: MLPClassifier(hidden_layer_sizes=(4,), max_iter=1, callbacks=calls, random_state=0),
    "regressor": lambda calls: MLPRegressor(hidden_layer_sizes=(4,), max_iter=1, callbacks=calls, random_state=0),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "continue_fit"])
def test_an_estimator_is_fitted_once_at_a_time(name: str, method: str) -> None:
    """A second fit of one estimator is refused in its own words, a clone's is not."""
    estimator = ESTIMATORS[name](()).fit(X, Y)
    other = clone(estimator)

    def train(meeting: Meeting) -> object:
        estimator.callbacks = [meeting]
        return getattr(estimator, method)(X, Y)

    with being_fitted(train):
        with pytest.raises(gn.ConfigError, match=again(estimator)):
            estimator.fit(X, Y)
        with pytest.raises(gn.ConfigError, match=again(estimator, "partial_fit")):
            estimator.partial_fit(X, Y)
        estimator.predict(X)
        other.fit(X, Y)
    estimator.set_params(callbacks=()).fit(X, Y)


def again(estimator: Any, method: str = "fit") -> str:
    """Return the pattern of the sentence that refuses a second fit of an estimator."""
    return (
        rf"^{type(estimator).__name__}\.{method}: this estimator is being fitted already\. "
        r"Wait for that fit to end, or fit a sklearn\.base\.clone of it\.$"
    )


@pytest.mark.filterwarnings("ignore")
def test_a_tabular_estimator_is_fitted_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second fit of one estimator for tables is refused, a clone's is not."""
    estimator = TabularClassifier(recipe="small", epochs=1, random_state=0)
    fit_table = base.fit_table

    def train(meeting: Meeting) -> object:
        def slow(*args: Any, **options: Any) -> Any:
            monkeypatch.setattr(base, "fit_table", fit_table)
            meeting.on_step_end(None)  # type: ignore[arg-type]
            return fit_table(*args, **options)

        monkeypatch.setattr(base, "fit_table", slow)
        return estimator.fit(X, Y)

    with being_fitted(train):
        with pytest.raises(gn.ConfigError, match=again(estimator)):
            estimator.fit(X, Y)
        clone(estimator).fit(X, Y)
    estimator.fit(X, Y)


def _fit_in_child(net: gn.Network, results: Any) -> None:
    fit(net)
    results.put("fitted")


@pytest.mark.filterwarnings("ignore:.*fork.*")
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_a_forked_process_begins_without_the_fits_of_its_parent() -> None:
    """A process that is forked by a callback has networks of its own."""
    net, context = network(), multiprocessing.get_context("fork")
    told: list[str] = []

    class Forks(gn.Callback):
        def on_epoch_end(self, run: Run[Any]) -> None:
            results = context.Queue()
            child = context.Process(target=_fit_in_child, args=(run.network, results))
            child.start()
            told.append(results.get(timeout=20))
            child.join(20)

    fit(net, callbacks=[Forks()])
    assert told == ["fitted"]
