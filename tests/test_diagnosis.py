"""`glassnet.diagnose` and the checks during ``fit``: right findings, no false alarms, nothing changed, one warning each."""

from __future__ import annotations

import json
import math
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from causes_and_health import FAILING
from data_cases import FAULTS as DATA_FAULTS
from designs_that_fail import FAULTS
from designs_that_fail import FAULTS as DESIGN_FAULTS
from glassnet.training.finding_kinds import KINDS, SEVERITIES
from runs_that_fail import FAILURES, NEW_ROWS, classes, classifier, numbers, regressor
from runs_that_learn import HEALTHY

GUIDE = Path(__file__).parent.parent / "docs" / "guide" / "diagnosis.md"


@cache
def findings_of(name: str, seed: int) -> gn.Diagnosis:
    """Return what ``fit`` finds in one of the trainings that fail; each is trained once."""
    network, X, y, more = FAILURES[name].make(seed)
    try:
        return network.fit(X, y, **more).findings
    except gn.DivergenceError:
        return network.history.findings


# ---- right, and no false alarms ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAILURES)
def test_the_mistake_is_named_first(name: str) -> None:
    """Of each training that fails the first finding names the mistake, with a sentence for each question."""
    found = findings_of(name, seed=0)
    assert found[0].code in FAILURES[name].codes, found
    for finding in found:
        assert finding.severity in SEVERITIES
        assert all(text.endswith(".") for heading, text in finding.lines if heading != "silence"), finding
        assert f'ignore=["{finding.code}"]' in str(finding)


@pytest.mark.slow  # five trainings of each mistake
def test_nine_of_ten_mistakes_are_named_over_seeds() -> None:
    """Over five seeds each, at least nine of ten trainings that fail are explained by their mistake first."""
    assert len(FAILURES) >= 25
    right = [findings_of(name, seed)[:1] for name in FAILURES for seed in range(5)]
    wanted = [failure.codes for failure in FAILURES.values() for _ in range(5)]
    hits = [bool(found) and found[0].code in codes for found, codes in zip(right, wanted, strict=True)]
    assert np.mean(hits) >= 0.9


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_trainings_raise_no_alarm(name: str) -> None:
    """Of a training that goes well nothing worse than a note is said."""
    pytest.importorskip("sklearn")
    network, X, y, options = HEALTHY[name](0)
    assert network.fit(X, y, **options).findings.ok


@pytest.mark.slow  # five of each healthy training
def test_false_alarms_are_rare_over_seeds() -> None:
    """Over five seeds each, at most one in fifty trainings that go well raises an alarm."""
    pytest.importorskip("sklearn")
    assert len(HEALTHY) >= 20
    alarms = []
    for make in HEALTHY.values():
        for seed in range(5):
            network, X, y, options = make(seed)
            alarms.append(not network.fit(X, y, **options).findings.ok)
    assert np.mean(alarms) <= 0.02


@pytest.mark.parametrize("name", ["unscaled_inputs_sigmoid", "rate_of_1e_5", "zero_weights", "clipped_to_nothing"])
def test_the_remedy_that_helped_helps(name: str) -> None:
    """What is said to have helped left less loss than the same steps without it."""
    finding = findings_of(name, seed=1)[0]
    assert finding.helped is True
    reported = [trial for trial in finding.evidence["trials"] if f"with {trial['change']}," in finding.tried]
    assert len(reported) == 1
    assert reported[0]["after"] < reported[0]["before"]
    assert f"{reported[0]['after']:.3g}" in finding.tried


def test_every_kind_is_found_somewhere() -> None:
    """No kind of finding is only words: each is found in a training, or in new rows, of these tests."""
    seen = {finding.code for name in FAILURES for finding in findings_of(name, seed=0)}
    seen |= {code for code, _ in NEW_ROWS.values()}
    for name in ("digits_raw_pixels", "imbalanced_and_learned"):
        pytest.importorskip("sklearn")
        network, X, y, options = HEALTHY[name](0)
        seen |= set(network.fit(X, y, **options).findings.codes)
    for make in (
        equal_columns,
        skewed_column,
        sorted_rows,
        gaps,
        explodes,
        saturates,
        slowed_in_every_layer,
        stuck_at_xor,
    ):
        seen |= {finding.code for finding in examined(*make())}
    seen |= {finding.code for finding in dead_by_hand()}
    # Each of these tables is tested on its own: the first finding has one of the codes.
    tables = [codes for codes, _ in FAILING.values()], [each.codes for each in DESIGN_FAULTS.values()]
    seen |= {code for table in tables for codes in table if len(codes) == 1 for code in codes}
    seen |= {each.code for each in DATA_FAULTS.values()}
    of_kinds = {tuple(sorted(fault.codes)): fault for fault in FAULTS.values()}
    for fault in of_kinds.values():
        network, X, y, options = fault.make()
        seen |= set(network.fit(X, y, **options).findings.codes)
    assert set(KINDS) - seen == set()


def examined(network: gn.Network, X: Any, y: Any, options: dict[str, Any]) -> gn.Diagnosis:
    """Return what ``fit`` and `diagnose` find together."""
    history = network.fit(X, y, **options)
    return gn.Diagnosis([*history.findings, *gn.diagnose(network, X, y)])


def equal_columns() -> Any:
    """Return a training on a table with the same column twice."""
    X, y = classes(0)
    return classifier(0), np.column_stack([X, X[:, 2]]), y, {"epochs": 5}


def skewed_column() -> Any:
    """Return a training on a table with a column of a few very large numbers."""
    X, y = classes(0)
    X[:, 0] = np.exp(2.5 * X[:, 0])
    return classifier(0), X, y, {"epochs": 5}


def sorted_rows() -> Any:
    """Return a training on rows sorted by class, in that order."""
    X, y = classes(0)
    order = np.argsort(y)
    return classifier(0), X[order], y[order], {"epochs": 5, "shuffle": False}


def gaps() -> Any:
    """Return a training with an output too many."""
    X, y = classes(0)
    network = gn.Network([gn.Dense(16, "relu"), gn.Dense(4)], loss="cross_entropy", seed=0)
    return network, X, y, {"epochs": 5}


def explodes() -> Any:
    """Return a training whose gradients grow on their way back: wide weights behind, tiny ones in front."""
    X, y = classes(0)
    layers = [gn.Dense(32, "tanh"), *(gn.Dense(32, "leaky_relu") for _ in range(6)), gn.Dense(3)]
    network = gn.Network(layers, loss="cross_entropy", optimizer=gn.SGD(1e-12), seed=0).build(10)
    arrays = network.state_dict()
    network.load_state_dict(arrays | {n: 8.0 * a for n, a in arrays.items() if n != "dense_1.weight"} | {
        "dense_1.weight": 1e-7 * arrays["dense_1.weight"]
    })  # fmt: skip
    return network, X, y, {"epochs": 2}


def saturates() -> Any:
    """Return a training that starts with large weights in front of tanh."""
    X, y = classes(0)
    network = classifier(0, gn.SGD(1e-3), act="tanh").build(10)
    arrays = network.state_dict()
    network.load_state_dict(arrays | {"dense_1.weight": 30.0 * arrays["dense_1.weight"]})
    return network, X, y, {"epochs": 2}


def slowed_in_every_layer() -> Any:
    """Return a training whose layers take next to nothing of any learning rate: not even ten rows are learned."""
    X, y = classes(0)
    network = classifier(0, gn.SGD(0.1))
    for layer in network.layers:
        layer.rate_factor = 1e-9
    return network, X, y, {"epochs": 20}


def dead_by_hand() -> gn.Diagnosis:
    """Return what is seen, with nothing tried, of a trained network whose units were switched off."""
    X, y = classes(0)
    network = classifier(0)
    network.fit(X, y, epochs=10)
    network.load_state_dict(network.state_dict() | {"dense_1.bias": np.full((1, 32), -50.0)})
    return gn.diagnose(network, X, y, try_remedies=False)


def stuck_at_xor() -> Any:
    """Return a training of XOR with two rectifiers that another seed would have solved."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    layers = [gn.Dense(2, "relu"), gn.Dense(2)]
    network = gn.Network(layers, loss="cross_entropy", optimizer=gn.SGD(0.3), seed=1)
    return network, X, np.array([0, 1, 1, 0]), {"epochs": 1000}


# ---- nothing is changed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["unscaled_inputs_sigmoid", "rate_30", "memorised", "nearly_all_dropped"])
def test_checks_change_no_bit_of_a_training(name: str) -> None:
    """A training that is watched, and tried remedies for, ends with the bits of one that is not."""
    ends = []
    for diagnose in (False, True, gn.Watch(try_remedies=False)):
        network, X, y, options = FAILURES[name].make(2)
        history = network.fit(X, y, diagnose=diagnose, **options)
        network.fit(X, y, diagnose=diagnose, **options)
        ends.append((network.params.tobytes(), network.stats.tobytes(), network._run.optimizer_state.arrays, history))
    for params, stats, arrays, history in ends[1:]:
        assert (params, stats) == ends[0][:2]
        assert {n: a.tobytes() for n, a in arrays.items()} == {n: a.tobytes() for n, a in ends[0][2].items()}
        assert history.columns == ends[0][3].columns


def test_batch_norm_dropout_and_noise_keep_their_bits() -> None:
    """Running statistics and drawn noise are those of a training that nobody watches."""
    X, y = classes(1)
    ends = []
    for diagnose in (False, True):
        layers = [gn.GaussianNoise(0.1), gn.Dense(8, "relu"), gn.BatchNorm(), gn.Dropout(0.3), gn.Dense(3)]
        network = gn.Network(layers, loss="cross_entropy", optimizer=gn.SGD(1e-6), seed=1)
        network.fit(X, y, epochs=4, diagnose=diagnose)
        ends.append(network.params.tobytes() + network.stats.tobytes())
    assert ends[0] == ends[1]


def test_diagnose_changes_nothing() -> None:
    """Parameters, statistics, gradients, history and training state keep their bits, and a new network stays new."""
    X, y = classes(2)
    network = classifier(2)
    assert gn.diagnose(network, X, y).ok
    assert network._store is None
    network.fit(X, y, epochs=3)
    network.loss_and_gradients(X, y)
    before = [network.params.tobytes(), network.grads.tobytes(), json.dumps(network._run.to_dict())]
    gn.diagnose(network, X, y, validation_data=(X[:50], y[:50]))
    assert [network.params.tobytes(), network.grads.tobytes(), json.dumps(network._run.to_dict())] == before
    other = classifier(2)
    other.fit(X, y, epochs=3)
    other.fit(X, y, epochs=3)
    network.fit(X, y, epochs=3)
    assert network.params.tobytes() == other.params.tobytes()


# ---- one warning each, and can be hidden ----------------------------------------------------------------------------------


def test_problems_are_warned_of_once_each_from_the_users_line() -> None:
    """Each error and warning is issued once, as a `DiagnosisWarning` of the line that called ``fit``; notes are not."""
    network, X, y, options = FAILURES["unscaled_inputs_sigmoid"].make(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = network.fit(X, y, **options)
    assert [warning.category for warning in caught] == [gn.DiagnosisWarning] * len(history.findings.problems)
    assert {warning.filename for warning in caught} == {__file__}
    assert str(caught[0].message) == f"fit: {history.findings[0]}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for quiet in (False, gn.Watch(ignore=history.findings.codes)):
            network, X, y, options = FAILURES["unscaled_inputs_sigmoid"].make(0)
            assert not network.fit(X, y, diagnose=quiet, **options).findings


def test_a_repeated_short_fit_is_not_checked_each_time() -> None:
    """Many calls of ``fit`` with an epoch each are checked after 1, 2, 4, 8, ... of them, and told each thing once."""
    X, y = classes(0)
    network, checked, told = classifier(0, gn.SGD(1e-6)), [], []
    for call in range(1, 40):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            network.fit(X, y, epochs=1)
        told += [(call, str(warning.message).split()[2]) for warning in caught]
        checked.append(network._run.examined_at // 19)
    assert [call for call, at in enumerate(checked, 1) if at == call] == [1, 2, 4, 8, 16, 32]
    assert told[0] == (16, "rate-too-low")
    assert len({code for _, code in told}) == len(told)


def test_nothing_is_tried_where_that_is_not_wanted() -> None:
    """Without remedies the findings say what was seen; a layer of the user's own is not run for trials."""
    X, y = classes(0)
    found = classifier(0, gn.SGD(1e-6)).fit(X, y, epochs=20, diagnose=gn.Watch(try_remedies=False)).findings
    assert all(not finding.tried for finding in found)
    calls = []

    class Counted(gn.Dense):
        def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray | None:
            calls.append(len(dY))
            return super().backward(dY, cache)

    network = gn.Network([Counted(8, "relu"), gn.Dense(3)], loss="cross_entropy", optimizer=gn.SGD(1e-6), seed=0)
    network.fit(X, y, epochs=10, batch_size=100)
    assert calls[:60] != [100] * 60
    assert len(calls) <= 60 + 3


def test_divergence_is_located_and_explained() -> None:
    """The exception says in which step and layer numbers overflowed, and which rate was tried and works."""
    X, y = numbers(0)
    with pytest.raises(gn.DivergenceError) as caught:
        regressor(0, gn.SGD(3.0)).fit(X, y, epochs=20)
    note = caught.value.__notes__[0]
    assert re.match(r"error: diverged \(epoch \d+, step \d+, dense_\d\)\n  measured: In step \d+ of epoch \d+", note)
    assert "of dense_" in note
    assert re.search(r"tried: with learning_rate 0\.\d+ instead of 3, \d+ steps bring", note)


def test_a_loss_that_is_too_high_is_reported_before_the_end() -> None:
    """A loss above that of the start is reported after a few epochs, not only when all is over."""
    X, y = classes(0)
    finding = classifier(0, gn.SGD(30.0), hidden=2, act="tanh").fit(X, y, epochs=200).findings[0]
    assert (finding.code, finding.epoch) == ("rate-too-high", 4)


def test_findings_are_plain_data() -> None:
    """A diagnosis goes through JSON, is shown as HTML with its text escaped, and is true if all is well."""
    found = findings_of("unscaled_inputs_relu", 0)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["ok"] is found.ok is False
    assert data["findings"][0]["code"] == found[0].code == found.codes[0]
    assert data["findings"][0]["stage"] == found[0].stage == "data"
    page = found._repr_html_()
    assert "unscaled-inputs" in page
    assert "X - X.mean(axis=0)" in page
    assert all(len(line) <= 100 for line in str(found).splitlines())
    empty = gn.Diagnosis()
    assert empty.ok
    assert repr(empty) == "nothing wrong was found"
    assert len(empty) == 0


def test_names_of_columns() -> None:
    """Names that were given are used in the sentences."""
    X, y = classes(0)
    names = [f"c{i}" for i in range(9)] + ["income"]
    X[:, 9] *= 5000
    watch = gn.Watch(feature_names=names)
    found = classifier(0, gn.SGD(0.1), act="tanh").fit(X, y, epochs=5, diagnose=watch)
    assert found.findings[0].measured.startswith("'income' has mean")
    assert gn.diagnose(classifier(0, act="tanh"), X, y, feature_names=names)[0].measured.startswith("'income' has mean")


def test_units_that_training_drove_to_their_ends_are_named() -> None:
    """Large steps that drive tanh to its flat ends are reported by layer, with the share before and after."""
    X, y = classes(0)
    y = np.random.default_rng(0).permutation(y)
    found = classifier(0, gn.SGD(20.0), act="tanh").fit(X, y, epochs=30, diagnose=gn.Watch(try_remedies=False)).findings
    (stuck,) = (finding for finding in found if finding.code == "saturated-units")
    assert stuck.layer == "dense_1"
    assert re.match(r"\d+% of the outputs of dense_1 lie at the flat ends; at the start it was \d%.", stuck.measured)
    assert stuck.epoch == 30 or stuck.epoch in (2, 4, 8, 16)


def test_names_of_a_frame() -> None:
    """A frame brings the names of its columns."""
    pandas = pytest.importorskip("pandas")
    X, y = classes(0)
    X[:, 9] *= 5000
    frame = pandas.DataFrame(X, columns=[*"abcdefghi", "income"])
    found = classifier(0, gn.SGD(0.1), act="tanh").fit(frame, y, epochs=5).findings
    assert found[0].measured.startswith("'income' has mean")
    assert gn.diagnose(classifier(0, act="tanh"), frame, y)[0].measured.startswith("'income' has mean")


# ---- before training, and new rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["unscaled_inputs_sigmoid", "zero_weights", "rate_30", "rate_3_regression", "uniform_positive_weights"]
)
def test_before_training(name: str) -> None:
    """Of a network that was not trained yet a copy is trained briefly: the mistake is named before it costs anything."""
    network, X, y, _ = FAILURES[name].make(0)
    assert gn.diagnose(network, X, y)[0].code in FAILURES[name].codes
    assert network.history.epochs == 0


@pytest.mark.parametrize("name", NEW_ROWS)
def test_new_rows(name: str) -> None:
    """New rows that are unlike the training rows are reported; others are not."""
    code, make = NEW_ROWS[name]
    for seed in range(5):
        new, old = make(np.random.default_rng(seed))
        network = gn.Network([gn.Dense(2)], loss="cross_entropy", input_shape=4, seed=0)
        found = gn.diagnose(network, new, training_data=old)
        assert found.codes == [code]
        assert not gn.diagnose(network, new, training_data=old, ignore=[code])
        assert gn.diagnose(network, old[:150], training_data=(old, None)).codes == []


BAD = [
    (
        lambda n, X, y: gn.diagnose(n, X),
        "diagnose: there is neither y nor training_data to compare X with. Pass one of them, or both.",
    ),
    (
        lambda n, X, y: gn.diagnose(n, X, y, ignore=["rate"]),
        "diagnose: ignore is 'rate'; it must be one of 'all-columns-constant', 'badly-calibrated', 'cannot-overfit', 'class-too-rare', 'clipping-is-the-rate', 'code-for-missing', 'column-order', 'constant-columns', 'constant-output', 'constant-target', 'dead-signal', 'dead-units', 'diverged', 'dropout-too-strong', 'duplicate-columns', 'exploding-gradient', 'few-updates', 'frozen-layers', 'hidden-activation', 'id-column', 'imbalance', 'leaking-column', 'linear-layers-in-a-row', 'loss-does-not-fit', 'missing-classes', 'no-better-than-baseline', 'nothing-trainable', 'one-softmax-unit', 'outlier-in-inputs', 'outlier-in-target', 'output-cannot-reach', 'outside-training-range', 'overfit', 'past-best-epoch', 'penalty-dominates', 'plateau-at-prior', 'rate-too-high', 'rate-too-low', 'saturated-units', 'schedule-ended', 'schedule-not-begun', 'shared-rows', 'single-class', 'skewed-inputs', 'skewed-target', 'small-normalised-batches', 'some-classes-only', 'sorted-rows', 'start-too-large', 'still-falling', 'symmetric-weights', 'too-few-units', 'unlucky-start', 'unscaled-inputs', 'unscaled-prediction', 'unscaled-target', 'validation-at-chance', 'validation-differs', 'vanishing-gradient', 'weights-all-positive', 'weights-on-few-rows', 'weights-on-one-class', 'worse-than-linear'.",
    ),
    (
        lambda n, X, y: gn.diagnose(n, X, y, feature_names=["a"]),
        "diagnose: 1 feature_names for 10 columns; there must be one per column.",
    ),
    (
        lambda n, X, y: gn.diagnose(gn.Network([gn.Dense(3)], loss="cross_entropy", members=2), X, y),
        "diagnose: the network has members=2; it must have none. Diagnose one of its kind.",
    ),
    (lambda n, X, y: n.fit(X, y, epochs=1, diagnose="yes"), "fit: diagnose is 'yes'; it must be True or False."),
    (lambda n, X, y: gn.Watch(try_remedies=1), "Watch: try_remedies is 1; it must be True or False."),
    (
        lambda n, X, y: n.fit(X, y, epochs=1, diagnose=gn.Watch(feature_names=["a"])),
        "Watch: 1 feature_names for 10 columns; there must be one per column.",
    ),
]


@pytest.mark.parametrize(("act", "message"), BAD)
def test_bad_arguments(act: Any, message: str) -> None:
    """What cannot be asked for is refused in one sentence."""
    X, y = classes(0)
    with pytest.raises(gn.GlassnetError) as caught:
        act(classifier(0), X, y)
    assert str(caught.value).startswith(message)


def test_networks_that_are_not_checked() -> None:
    """Members, and batches whose rows are not at hand, train without findings."""
    X, y = classes(0)
    network = gn.Network([gn.Dense(3)], loss="cross_entropy", optimizer=gn.SGD(1e-6), members=2, seed=0)
    assert not network.fit(X, y, epochs=3).findings
    batches = [(X[:100], y[:100]), (X[100:200], y[100:200])]
    assert not classifier(0, gn.SGD(1e-6)).fit(batches, epochs=3).findings


def test_sources_of_rows(tmp_path: Path) -> None:
    """Memory-mapped rows are sampled like arrays; a large table is not read as a whole."""
    X, y = classes(0)
    np.save(tmp_path / "X.npy", (X * 1000).astype(np.float32))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    found = classifier(0, gn.SGD(0.1), act="sigmoid").fit(mapped, y, epochs=10).findings
    assert "unscaled-inputs" in found.codes


def test_the_guide_lists_every_finding() -> None:
    """The table in the guide has each code with its reason and its remedy, word for word."""
    text = GUIDE.read_text()
    for code, kind in KINDS.items():
        assert f"| `{code}` | {kind.severity} | {kind.why} | {kind.advice} |" in text
    assert len(re.findall(r"^\| `[a-z-]+` \|", text, re.MULTILINE)) == len(KINDS)


def test_thresholds_keep_healthy_networks_quiet() -> None:
    """The signals of the two healthy networks stay far from what is warned of, whatever the severity."""
    for act, optimizer in (("relu", gn.SGD(0.1)), ("sigmoid", gn.SGD(0.5))):
        X, y = classes(3)
        found = gn.diagnose(classifier(3, optimizer, hidden=2, act=act), X, y)
        assert [finding.code for finding in found if finding.code != "worse-than-linear"] == [], found
        assert math.isfinite(len(found))


def test_a_diagnosis_that_fails_costs_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in a check is a warning; the training ends as without checks."""
    from glassnet.diagnosis import watch

    def fail(*_: Any, **__: Any) -> None:
        message = "no luck"
        raise RuntimeError(message)

    X, y = classes(0)
    calm = classifier(0)
    calm.fit(X, y, epochs=12, diagnose=False)
    monkeypatch.setattr(watch, "examine", fail)
    network = classifier(0)
    with pytest.warns(gn.DiagnosisWarning, match=r"fit: its diagnosis failed \(RuntimeError: no luck\)"):
        network.fit(X, y, epochs=12)
    assert np.array_equal(network.params, calm.params)


def strange() -> dict[str, tuple[list[Any], Any, Any, Any, dict[str, Any]]]:
    """Return trainings of all shapes: layers, loss, X, y, options."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 4)), rng.integers(0, 3, 60)
    dense = lambda k: [gn.Dense(6, "tanh"), gn.Dense(k)]  # noqa: E731
    leaky = gn.Dense(6, gn.LeakyReLU(0.2), initializer="zeros")
    images = rng.standard_normal((40, 3, 5))
    value = gn.CustomLoss(lambda Z, t: ((Z - t) ** 2).sum(-1), lambda Z, t: 2 * (Z - t), name="mine")
    return {
        "one row": (dense(3), "cross_entropy", X[:1], y[:1], {}),
        "two rows": (dense(3), "cross_entropy", X[:2], y[:2], {}),
        "one column": (dense(3), "cross_entropy", X[:, :1], y, {}),
        "no hidden layer": ([gn.Dense(3)], "cross_entropy", X, y, {}),
        "images": ([gn.Flatten(), *dense(3)], "cross_entropy", images, y[:40], {}),
        "images constant in places": ([gn.Flatten(), *dense(3)], "cross_entropy", images * [1, 0, 1, 1, 1], y[:40], {}),
        "codes": ([gn.Embedding(3, 2), gn.Flatten(), gn.Dense(3)], "cross_entropy", rng.integers(0, 3, (60, 2)), y, {}),
        "probabilities": (dense(3), "cross_entropy", X, np.eye(3)[y], {}),
        "labels": (dense(3), "binary_cross_entropy", X, np.eye(3)[y], {}),
        "several numbers": (dense(2), "squared_error", X, X[:, :2], {}),
        "constant numbers": (dense(1), "squared_error", X, np.ones(60), {}),
        "quantiles": (dense(3), gn.Quantile([0.1, 0.5, 0.9]), X, X[:, 0], {}),
        "distribution": (dense(2), "gaussian_nll", X, X[:, 0], {}),
        "counts": (dense(1), "poisson", X, rng.poisson(2.0, 60), {}),
        "focal": (dense(3), "focal_cross_entropy", X, y, {}),
        "own loss": (dense(2), value, X, X[:, :2], {}),
        "activation with arguments": ([leaky, gn.Dense(3)], "cross_entropy", X, y, {}),
        "own activation": ([gn.Dense(6, (np.sin, np.cos)), gn.Dense(3)], "cross_entropy", X, y, {}),
        "weights": (dense(3), "cross_entropy", X, y, {"sample_weight": (np.arange(60) > 30) * 2.0}),
        "class weights": (dense(3), "cross_entropy", X, y, {"class_weight": "balanced"}),
        "large numbers": ([gn.BatchNorm(), *dense(3)], "cross_entropy", X * 1e6, y, {}),
        "branches": ([gn.Concatenate([gn.Identity(), dense(2)]), gn.Dense(3)], "cross_entropy", X, y, {}),
        "shortcut": ([gn.Residual(dense(4)), gn.Softplus(), gn.Dense(3)], "cross_entropy", X, y, {}),
        "validation of one": (dense(3), "cross_entropy", X, y, {"validation_data": (X[:1], y[:1])}),
        "plateau": (dense(3), "cross_entropy", X, y, {"validation_split": 0.3}),
        "dropped batches": (dense(3), "cross_entropy", X, y, {"batch_size": 50, "drop_last": True}),
        "more classes than rows": (dense(100), "cross_entropy", X, y, {}),
    }


@pytest.mark.parametrize("name", strange())
@pytest.mark.parametrize("rate", [1e-7, 1e-2, 50.0])
def test_whatever_is_trained_can_be_checked(name: str, rate: float) -> None:
    """No kind of network, data or loss makes a check fail, at any rate, in ``fit`` or in `diagnose`."""
    remedies = rate == 50.0  # to try them at one rate will do: they are the same at each, and take most of the time
    layers, loss, X, y, options = strange()[name]
    schedule = gn.ReduceOnPlateau(rate, monitor="valid_loss") if name == "plateau" else rate
    network = gn.Network(layers, loss=loss, optimizer=gn.SGD(schedule, clip_norm=5.0), seed=0)
    try:
        found = network.fit(X, y, epochs=4, diagnose=gn.Watch(try_remedies=remedies), **options).findings
    except gn.DivergenceError:
        found = network.history.findings
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert json.dumps(gn.diagnose(network, X, y, try_remedies=remedies).to_dict(), allow_nan=False)


def test_what_was_not_looked_at_is_not_said_to_be_well() -> None:
    """Members, batches of one's own and ``diagnose=False`` are not examined, and the findings say so."""
    X, y = classes(0)
    network = gn.Network([gn.Dense(4, "relu"), gn.Dense(3)], loss="cross_entropy", seed=0, members=2)
    assert "members" in repr(network.fit(X, y, epochs=1).findings)
    own = [(X[:100], y[:100]), (X[100:200], y[100:200])]
    assert repr(classifier(0).fit(own, epochs=1).findings).startswith("nothing was looked at: the rows of batches")
    assert repr(classifier(0).fit(X, y, epochs=1, diagnose=False).findings).endswith("diagnose=False")
    assert repr(gn.History().findings).startswith("nothing was looked at")


def test_a_divergence_in_batches_of_ones_own_is_located() -> None:
    """Where numbers overflowed is known without the rows."""
    X, y = numbers(0)
    with pytest.raises(gn.DivergenceError) as caught:
        regressor(0, gn.SGD(1e6)).fit([(X, y[:, None])], epochs=30)
    assert caught.value.__notes__[0].startswith("error: diverged (epoch")


@pytest.mark.parametrize("row", range(17, 23))
def test_rows_are_counted_as_they_were_given(row: int) -> None:
    """A row is called by its number in what ``fit`` was given, whether it is trained on or held out by it."""
    X, y = numbers(0)
    y[row] = 9999.0
    found = regressor(0).fit(X, y, epochs=5, validation_split=0.2).findings
    assert f"y is 9999 in row {row} (counted from 0)" in found[0].measured
    assert found[0].evidence["rows"] == [row]
