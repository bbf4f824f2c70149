"""One network in many threads, many fits at once: right results."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.threads.blas import available_threads
from jobs.pooled import data, fitted, make, train_on


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run jobs in threads that start together, and return their results; what one raises is raised."""
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(jobs))

    def run(i: int) -> None:
        barrier.wait()
        try:
            results[i] = jobs[i]()
        except BaseException as error:  # what a thread raises would be lost
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


@pytest.mark.parametrize("members", [None, 2])
def test_eight_threads_predict_on_one_network(members: int | None) -> None:
    """Eight threads, each with batches of its own sizes, get what one thread gets."""
    net, (X, y) = make(members=members), data()
    net.fit(X, y, epochs=1)
    parts = [X[: 10 + 30 * i] for i in range(8)]
    expected = [net.predict(part) for part in parts]

    def predict(i: int) -> list[np.ndarray]:
        return [net.predict(parts[i]) for _ in range(30)]

    for i, found in enumerate(at_once([lambda i=i: predict(i) for i in range(8)])):
        for prediction in found:
            np.testing.assert_array_equal(prediction, expected[i])


def test_predict_and_evaluate_while_another_thread_trains_a_copy() -> None:
    """A copy that trains in another thread does not disturb the original."""
    net, (X, y) = make(), data()
    net.fit(X, y, epochs=1)
    expected = net.predict(X)
    copy = gn.Network.__copy__(net)
    jobs: list[Callable[[], Any]] = [lambda: copy.fit(X, y, epochs=20)]
    jobs += [lambda: [net.predict(X) for _ in range(50)], lambda: [net.evaluate(X, y) for _ in range(50)]]
    _, predictions, scores = at_once(jobs)
    assert all(np.array_equal(prediction, expected) for prediction in predictions)
    assert scores[1:] == scores[:-1]


def test_two_fits_in_two_threads() -> None:
    """Fits in threads leave the bits of fits alone, and the number of BLAS threads as it was."""
    before = available_threads()
    expected = [fitted(seed, 1) for seed in range(4)]
    for found, wanted in zip(at_once([lambda s=s: fitted(s, 1) for s in range(4)]), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert available_threads() == before


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_fits_in_a_process_pool(method: str) -> None:
    """Fits in a pool of processes leave the bits of fits here."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    expected = [fitted(seed, 1) for seed in range(3)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        found = list(pool.map(fitted, range(3), [1] * 3))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_network_goes_to_forked_processes_and_back() -> None:
    """A fitted network is sent to a worker, trained on there, and comes back as if trained here."""
    net, (X, y) = make(), data()
    net.fit(X, y, epochs=1, threads=1)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        there = pool.submit(train_on, net).result(timeout=60)
    net.fit(X, y, epochs=2)
    np.testing.assert_array_equal(there.params, net.params)
    assert there.history["loss"] == net.history["loss"]


def test_a_fit_outside_the_main_thread_leaves_signals_alone() -> None:
    """Ctrl-C is listened to in the main thread only; elsewhere a fit runs all the same."""
    (found,) = at_once([lambda: fitted(0, 1)])
    np.testing.assert_array_equal(found, fitted(0, 1))
