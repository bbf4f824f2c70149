"""Large tables and short times: views, parts of passes, time limits with a clock of the test's own, samples."""

from __future__ import annotations

import pickle
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.output.report import print_training
from glassnet.cli.training import preparation as preparing
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.engine.data_dependent_init import start_from_data
from glassnet.errors import TableWarning
from glassnet.reports import importances
from glassnet.reports.kept_notes import notes_problem
from glassnet.tabular import TableEncoder, TabularClassifier, TabularRegressor, to_table
from glassnet.tabular.encoding import features as features_module
from glassnet.tabular.fitting import deadline as deadlines
from glassnet.tabular.fitting import fit as fits
from glassnet.tabular.fitting import preparation
from glassnet.tabular.fitting.deadline import Deadline, Pace, Planned, planned_training
from glassnet.tabular.fitting.memory import announce_memory
from glassnet.tabular.fitting.objective import find_goal
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import work_per_row
from glassnet.tabular.reading import table_view
from glassnet.tabular.reading.frames import column_from_values
from glassnet.tabular.reading.table_view import TableView, some_rows
from glassnet.tabular.splitting.division import Division
from glassnet.training.batches import ArrayBatches


def frame_of(n: int, seed: int = 0) -> tuple[dict[str, Any], np.ndarray]:
    """Return columns of every kind with gaps, and labels that follow from two of them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    x[::7] = np.nan
    text = np.array(["red", "blue", "green", None], dtype=object)[rng.integers(0, 4, n)]
    many = np.array([f"k{i}" for i in range(40)], dtype=object)[rng.integers(0, 40, n)]
    days = np.datetime64("2024-01-01") + rng.integers(0, 900, n).astype("m8[D]")
    frame = {"x": x, "z": rng.standard_normal(n), "text": text.tolist(), "many": many, "day": days}
    frame["yes"] = rng.random(n) > 0.4
    return frame, (np.nan_to_num(x) + frame["z"] * frame["yes"] > 0.0).astype(int)


# ---- batches ---------------------------------------------------------------------------------------------------------


def batches_of(n: int, **options: Any) -> ArrayBatches:
    """Return shuffled batches of 4 rows, which hold their own numbers."""
    X = np.arange(n, dtype=np.float32)[:, None]
    streams = gn.Network([gn.Dense(1)], loss="squared_error", seed=3)._streams
    return ArrayBatches(
        X, X, None, **{"batch_size": 4, "shuffle": True, "streams": streams, "members": None, **options}
    )


@pytest.mark.parametrize("n", [24, 26])
@pytest.mark.parametrize("steps", [1, 4, 9])
@pytest.mark.parametrize("drop_last", [False, True])
def test_parts_of_a_pass_are_the_pass(n: int, steps: int, drop_last: bool) -> None:
    """Epochs of so many steps, one after the other, are the same batches as whole passes; so are their numbers."""
    whole, parts = batches_of(n, drop_last=drop_last), batches_of(n, drop_last=drop_last, steps_per_epoch=steps)
    expected = [batch.ravel().tolist() for epoch in range(4) for batch, _, _ in whole.epoch(epoch)]
    epochs = [[batch.ravel().tolist() for batch, _, _ in parts.epoch(epoch)] for epoch in range(len(expected) // steps)]
    assert parts.n_batches == parts.n_steps == steps
    assert {len(epoch) for epoch in epochs} == {steps}
    found = [batch for epoch in epochs for batch in epoch]
    assert found == expected[: len(found)]
    assert [parts.numbers(e, b).tolist() for e in range(len(epochs)) for b in range(steps)] == found
    resumed = [batch.ravel().tolist() for batch, _, _ in parts.epoch(1, steps // 2)]
    assert resumed == epochs[1][steps // 2 :]


def test_parts_of_one_batch_in_order() -> None:
    """Without shuffling, an epoch of one step goes on all the same."""
    parts = batches_of(12, shuffle=False, steps_per_epoch=1)
    assert [next(parts.epoch(e))[0][0, 0] for e in range(4)] == [0.0, 4.0, 8.0, 0.0]


def test_a_fit_in_parts_has_the_weights_of_whole_passes() -> None:
    """As many steps give the same bits, however they are divided; the schedule counts epochs."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 3)), rng.integers(0, 2, 60)
    nets = [gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss="cross_entropy", seed=1) for _ in range(2)]
    nets[0].fit(X, y, epochs=3, batch_size=10, progress=False)
    nets[1].fit(X, y, epochs=9, batch_size=10, steps_per_epoch=2, progress=False)
    np.testing.assert_array_equal(nets[0].params, nets[1].params)
    assert nets[1].history.epochs == 9


# ---- tables ----------------------------------------------------------------------------------------------------------


def test_a_view_is_the_rows_it_stands_for() -> None:
    """Columns, rows of rows, dropped columns and names are those of a copy; a mask counts, and small ones are copied."""
    table = to_table(frame_of(50)[0])
    rows = np.array([4, 2, 2, 49])
    view, copy = TableView(table, rows), table.take(rows)
    for one, other in (
        (view, copy),
        (view.take(slice(1, 3)), copy.take(slice(1, 3))),
        (view.drop(["x"]), copy.drop(["x"])),
    ):
        assert (one.names, one.n_rows, len(one)) == (other.names, other.n_rows, len(other))
        for mine, theirs in zip(one.columns, other.columns, strict=True):
            np.testing.assert_array_equal(mine.values, theirs.values)
            np.testing.assert_array_equal(one[mine.name].missing, theirs.missing)
    assert TableView(view, np.array([3, 0])).rows.tolist() == [49, 4]
    assert [column.name for column in view.columns[1:3]] == table.names[1:3]
    assert type(some_rows(table, rows)).__name__ == "Table"
    with pytest.raises(gn.ConfigError, match="there is no column 'nothing'"):
        view["nothing"]


def test_views_and_parts_code_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view gives the encoder and the features of a copy, bit by bit, and so do features written in parts."""
    table = to_table(frame_of(300)[0])
    rows = np.arange(0, 300, 2)
    for options in ({"scaling": "robust", "embed_above": 8}, {"scaling": "robust", "max_categories": 50}, {}):
        plain = TableEncoder(**options).fit(table.take(rows))
        expected = plain.transform(table)
        monkeypatch.setattr(features_module, "_NUMBERS_TOGETHER", 37)
        parted = TableEncoder(**options).fit(TableView(table, rows))
        assert parted.config() == plain.config()
        np.testing.assert_array_equal(parted.transform(table), expected)
        monkeypatch.undo()


def test_a_large_fit_is_that_of_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """With views instead of copies the model is the same, and what it keeps does not hold the table."""
    X, y = frame_of(120)
    one = TabularClassifier(epochs=2, random_state=0, diagnose=False).fit(X, y)
    monkeypatch.setattr(table_view, "_FEWEST_CELLS", 30)
    other = TabularClassifier(epochs=2, random_state=0, diagnose=False).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    for name, array in one.network_.attachments.items():
        np.testing.assert_array_equal(array, other.network_.attachments[name])
    assert one.fit_seconds_ > 0.0


def test_what_is_kept_is_no_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows for the importance are few, and a pickle of a model does not grow with the table."""
    rows = frame_of(3000)
    models = []
    for cells in (6000, 10**9):
        monkeypatch.setattr(table_view, "_FEWEST_CELLS", cells)
        models.append(TabularClassifier("small", epochs=1, batch_size=2000, random_state=0, diagnose=False).fit(*rows))
    assert not any(isinstance(model._sample.inputs, TableView) for model in models)
    assert len({len(pickle.dumps(model._sample)) for model in models}) == 1


def test_dividing_copies_one_column_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coding the rows that are trained on takes the encoded matrix, and little beside it."""
    n, d = 4000, 30
    monkeypatch.setattr(table_view, "_FEWEST_CELLS", 1000)
    rng = np.random.default_rng(0)
    table = to_table({f"c{i}": rng.standard_normal(n) for i in range(d)})
    target = gn.tabular.TargetEncoder().fit(rng.integers(0, 2, n))
    rows = Rows(table, column_from_values("y", rng.integers(0, 2, n)))
    tracemalloc.start()
    train, _, _ = preparation.hold_out(rows, target, 0)
    encoder = TableEncoder(scaling="robust").fit(train.inputs)
    encoder.transform(train.inputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.0 * 4 * n * d  # the table itself is 8 bytes a cell, without any copy of it


def test_text_with_gaps_is_found_at_once() -> None:
    """None and NaN beside text are missing; a number beside text is text of its own."""
    column = column_from_values("t", ["a", None, float("nan"), "b"])
    assert (column.kind, column.values.tolist(), column.missing.tolist()) == (
        "category",
        ["a", "", "", "b"],
        [False, True, True, False],
    )
    assert column_from_values("t", ["a", 1.5, None]).values.tolist() == ["a", "1.5", ""]


def test_no_more_rows_than_enough_are_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a small table, of a large one so many."""
    table, y = frame_of(200)
    rows = Rows(to_table(table), column_from_values("y", y))
    target = gn.tabular.TargetEncoder().fit(rows.target)
    assert len(preparation.hold_out(rows, target, 0)[1].target) == 40
    monkeypatch.setattr(preparation, "_MOST_HELD_OUT", 15)
    train, valid, _ = preparation.hold_out(rows, target, 0)
    assert (len(train.target), len(valid.target)) == (185, 15)


def test_the_start_from_data_takes_a_sample() -> None:
    """However many rows there are, no layer sees more than some thousand of them, fewer where rows are wide."""
    seen: list[int] = []

    class Seeing(gn.NTKDense):
        def init_from_data(self, X: np.ndarray, rngs: Any) -> None:
            seen.append(X.shape[-2])
            super().init_from_data(X, rngs)

    net = gn.Network([Seeing(2)], loss="squared_error", seed=0).build((3,))
    for n in (100, 20_000):
        start_from_data(net.layers, np.ones((n, 3), dtype=np.float32), [np.random.default_rng(0)], None)
    assert seen == [100, 4096]


# ---- time ------------------------------------------------------------------------------------------------------------


def test_a_deadline_keeps_time_back() -> None:
    """What is kept back is never more than half of what is left; without a limit nothing is."""
    now = [0.0]
    limit = Deadline(10.0, lambda: now[0])
    limit.keep_back(2.0)
    assert (limit.left, limit.for_training, limit.is_set) == (10.0, 8.0, True)
    now[0] = 4.0
    limit.keep_back(100.0)
    assert (limit.left, limit.for_training) == (6.0, 3.0)
    part = limit.part(0.5)
    assert part.left == 3.0
    now[0] = 20.0
    assert limit.left == limit.for_training == part.left == 0.0
    free = Deadline(None)
    free.keep_back(5.0)
    assert free.for_training == free.part(0.1).left == float("inf")
    assert not free.is_set


@pytest.mark.parametrize("seconds", [1e-9, 0.5, 3.0, 20.0, 90.0, 400.0, 1e6])
@pytest.mark.parametrize("steps", [1, 40, 3000])
@pytest.mark.parametrize("pace", [Pace(0.01), Pace(0.01, 0.2), Pace(0.002, 30.0)])
@pytest.mark.parametrize("n_valid", [0, 50, 50_000])
def test_what_is_planned_fits(seconds: float, steps: int, pace: Pace, n_valid: int) -> None:
    """Steps and evaluations take the time that there is, at most; and most of it, unless all is done before."""
    planned = planned_training(256, steps, pace, seconds, n_valid)
    share = 1.0 if planned.evaluated is None else planned.evaluated / n_valid
    took = planned.epochs * ((planned.steps or steps) * pace.step + share * pace.evaluation)
    least = pace.step + share * pace.evaluation
    assert 1 <= planned.epochs <= 256
    assert planned.passes(steps) <= 256.0 + 1e-9
    assert took <= max(seconds, least)
    if planned.passes(steps) < 256.0 and took > 20.0 * least:
        assert took > 0.5 * seconds
    if planned.evaluated is not None:
        assert 1000 <= planned.evaluated < n_valid


def test_a_short_time_is_divided_into_epochs() -> None:
    """A part of a pass has eight epochs to choose from; a few passes too; many passes are epochs themselves."""
    assert planned_training(256, 1000, Pace(0.01), 5.0) == Planned(8, 59)
    assert planned_training(256, 1000, Pace(0.01), 30.0) == Planned(8, 356)
    assert planned_training(256, 1000, Pace(0.01), 200.0) == Planned(19)
    assert planned_training(2, 1000, Pace(0.01), 30.0) == Planned(2)  # as was asked for


class Clock:
    """A clock that goes on by as much as it is told for each call of some function."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def slow(self, function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
        """Return the function, which takes so many seconds."""

        def slowly(*args: Any, **options: Any) -> Any:
            self.now += seconds
            return function(*args, **options)

        return slowly


def test_a_limit_covers_what_comes_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coding takes its time, as much as 70 % of it is kept for afterwards, and the schedule is fitted to the rest."""
    from glassnet.tabular.fitting import jobs

    X, y = frame_of(100)
    clock, planned = Clock(), []
    table = to_table(X)
    column = column_from_values("y", y)
    target = gn.tabular.TargetEncoder().fit(column)
    goal, recipe = find_goal("test", "classification", None, None), RECIPES["small"]
    monkeypatch.setattr(fits, "fitted_encoder", clock.slow(fits.fitted_encoder, 20.0))
    monkeypatch.setattr(jobs, "measure_pace", lambda *args, **options: Pace(0.1))
    for seconds in (100.0, 30.0):
        clock.now = 0.0
        options = fits.FitOptions(recipe, goal, batch_size=10, deadline=Deadline(seconds, clock), diagnose=False)
        found = fits.fit_table(Rows(table, column), None, target, options)
        planned.append(found.planned)
    # Of 100 seconds 20 are gone and 14 kept back: 0.95 * 66 for epochs of 8 steps of 0.1 seconds.
    assert planned == [Planned(int(0.95 * 66.0 / 0.8)), planned_training(256, 8, Pace(0.1), 5.0, 20)]


@pytest.mark.parametrize(("step", "said"), [(10.0, "0.4 of 256 epochs, 4 steps"), (60.0, "0.1 of 256 epochs, 1 step")])
def test_little_time_gives_a_model_and_says_so(step: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where steps are slow some of a pass are taken, a warning says how little that was, and there are answers."""
    from glassnet.tabular.fitting import jobs

    X, y = frame_of(400)
    monkeypatch.setattr(jobs, "measure_pace", lambda *args, **options: Pace(step))
    with pytest.warns(TableWarning, match=f"max_seconds=50.0 was enough for {said}: more time makes a better model"):
        model = TabularClassifier("small", max_seconds=50.0, batch_size=32, random_state=0).fit(X, y)
    assert model.history_.epochs == int(said.split()[-2])
    assert np.isfinite(model.predict_proba(to_table(X).take(slice(0, 5)))).all()


def test_parts_of_a_pass_train_ensembles_and_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several networks are trained in the same epochs, with the rows that time allows to evaluate."""
    X, y = frame_of(400)
    monkeypatch.setattr(deadlines, "_FEWEST_EVALUATED", 10)
    from glassnet.tabular.fitting import jobs

    monkeypatch.setattr(jobs, "measure_pace", lambda *args, **options: Pace(1.0, 10.0))
    for options in ({"n_ensemble": 2}, {"n_folds": 2}, {}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TableWarning)
            model = TabularRegressor("small", max_seconds=80.0, batch_size=20, random_state=0, **options).fit(
                X, 1.0 * y
            )
        histories = model.histories_
        assert {len(history["valid_rmse"]) for history in histories} == {histories[0].epochs}
        assert histories[0].epochs > 1


# ---- the command line ------------------------------------------------------------------------------------------------


def test_large_parts_are_scored_on_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores, importance and what chooses the epoch take so many rows; the result says how many, and the file keeps it."""
    X, y = frame_of(120)
    columns = {name: X[name] for name in ("x", "z", "many")} | {"y": np.where(y, "up", "down")}
    lines = [",".join(map(str, row)).replace("nan", "") for row in zip(*columns.values(), strict=True)]
    (tmp_path / "rows.csv").write_text("\n".join([",".join(columns), *lines]) + "\n")
    options = {"recipe": "small", "epochs": 2, "batch": 20, "out": str(tmp_path / "m.safetensors"), "estimates": False}
    for most in (50_000, 7):
        monkeypatch.setattr(preparing, "MOST_SCORED", most)
        model, result = train(TrainOptions(str(tmp_path / "rows.csv"), "y", **options))
        n = min(most, result["rows"]["test"])
        assert result["judged_rows"] == n
        assert np.sum(result["confusion"]["counts"]) == n
        assert not notes_problem(model.network)
    print_training(result)
    assert f"on 7 of {result['rows']['test']} test rows" in capsys.readouterr().out


def test_a_sample_of_a_part_is_spread_evenly() -> None:
    """The first and the last row are in it; a part of fewer rows is all of it."""
    column = column_from_values("y", np.arange(90) % 2)
    inputs = to_table({"row": np.arange(90.0)})
    rows = {"training": np.arange(0, 80), "test": np.arange(80, 90)}
    data = preparing.Prepared(inputs, column, gn.tabular.TargetEncoder().fit(column), Division(rows, np.arange(90)))
    assert data.sample("training", 5).inputs["row"].values.tolist() == [0.0, 19.0, 39.0, 59.0, 79.0]
    assert len(data.sample("training", 1000).target) == len(data.part("training").target) == 80


def test_of_many_columns_those_of_the_best_blocks_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all columns take too long, blocks are shuffled first; with enough time the numbers are those of all."""
    rng = np.random.default_rng(0)
    X = {f"c{i}": rng.standard_normal(400) for i in range(16)}
    y = (X["c9"] > 0.0).astype(int)
    model = TabularClassifier("small", epochs=12, batch_size=50, random_state=0, diagnose=False).fit(X, y).model_
    rows = Rows(to_table(X), column_from_values("target", y))

    def sample(most: int) -> Rows:
        return rows.take(np.arange(most)) if most < 400 else rows

    whole, *how = importances.importance_in_time(model, sample, "log_loss", Deadline(None))
    assert how == [400, 3, 0, False]
    every = model.importance({**X, "target": y}, metric="log_loss", repeats=3)
    np.testing.assert_array_equal(whole.drops, every.drops)
    work = work_per_row(model.network)
    monkeypatch.setattr(importances, "_MOST_WORK", 10 * 50 * work)
    measured = importances.importance_in_time(model, sample, "log_loss", Deadline(None))
    assert measured.to_dict()["note"] == "Measured on 50 rows, each column shuffled once; 12 columns were not tried."
    best = measured.importance
    assert best.names == ["c8", "c9", "c10", "c11"]
    assert best.names[best.ranking[0]] == "c9"
    monkeypatch.undo()
    now = Clock()
    hurried = importances.importance_in_time(model, sample, "log_loss", Deadline(10.0, now))
    assert len(hurried.importance.names) == 16  # a clock that stands still: predictions take no time
    monkeypatch.setattr(type(model), "answers", now.slow(type(model).answers, 1.0))
    last = importances.importance_in_time(model, sample, "log_loss", Deadline(5.0, now))
    assert (len(last.importance.names), last.n_untried) == (4, 12)


# ---- memory ----------------------------------------------------------------------------------------------------------


def test_memory_is_said_beforehand() -> None:
    """Little is not worth a word; much is said, and a warning comes where there is less."""
    said: list[str] = []
    announce_memory("fit", 10_000, 40, said.append, lambda: 0)
    assert said == []
    announce_memory("fit", 3_000_000, 60, said.append, lambda: None)
    assert said == ["about 1.2 GB of memory"]
    message = (
        r"^fit: 3,000,000 rows of 60 features need about 1\.2 GB of memory, and 0\.5 GB are free\. Take fewer rows\.$"
    )
    with pytest.warns(TableWarning, match=message):
        announce_memory("fit", 3_000_000, 60, said.append, lambda: 500_000_000)
