"""Importance of the columns of a table: measured on the predictions that the model gives, as its scores are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.reports.importances import importance_in_time
from glassnet.reports.scoring import score_model
from glassnet.tabular import TableEncoder, TableModel, TargetEncoder
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.options import Rows

Run = Callable[..., tuple[int, str, str]]

MEMBERS = (None, 3)


def made(target: TargetEncoder, y: np.ndarray, members: int | None) -> tuple[TableModel, dict[str, np.ndarray]]:
    """Return a model with weights as they were drawn, and a frame with its target."""
    rng = np.random.default_rng(1)
    X = {"a": rng.normal(size=len(y)), "b": rng.choice(["p", "q", "r"], len(y))}
    encoder = TableEncoder().fit(X)
    target.fit(y)
    target.name = "y"
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(target.n_outputs)], loss=target.loss, seed=0, members=members)
    net.build(len(encoder.feature_names))
    net.params[:] = 5.0 * net.params
    return TableModel(net, encoder, target), {**X, "y": y}


@pytest.mark.parametrize("members", MEMBERS)
@pytest.mark.parametrize("is_class", [False, True])
def test_its_score_is_that_of_the_report(is_class: bool, members: int | None) -> None:
    """The score with nothing shuffled is the model's: numbers within the target's range, members averaged."""
    y = np.random.default_rng(2).normal(2e6, 1e6, 200)
    target = TargetEncoder() if is_class else TargetEncoder(clip=True)
    model, frame = made(target, np.where(y > 2e6, "high", "low") if is_class else y, members)
    X, column = model.encoder.transform(frame), model.table(frame)["y"]
    truth = model.target.transform(column)
    scores = score_model(model, X, truth if is_class else model.target.scale.backward(truth[:, 0].astype(np.float64)))
    name = "log_loss" if is_class else "rmse"
    found = model.importance(frame, repeats=2)
    assert found.metric == name
    assert found.score == pytest.approx(scores.values[name], rel=1e-6)
    shares = importance_in_time(model, lambda most: Rows(model.table(frame), column), name, Deadline(None)).to_dict(
        1.0 if is_class else model.target.scale.std
    )
    assert shares["score"] == pytest.approx(scores.values[name], rel=1e-6)


def test_clipped_numbers_do_not_get_worse() -> None:
    """A column that only moves predictions beyond the range of the target has no importance."""
    y = np.random.default_rng(2).uniform(0.0, 1.0, 100)
    model, frame = made(TargetEncoder(clip=True), y, None)
    model.network.params[:] = 0.0
    model.network.layers[0].W[:, 0] = 0.5
    model.network.layers[0].b[0], model.network.layers[1].W[0, 0] = 100.0, 1.0
    assert np.ptp(model.network.predict(model.encoder.transform(frame))) > 0.5
    np.testing.assert_array_equal(model.importance(frame, repeats=2).mean, 0.0)


def test_evaluate_has_the_importance_of_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """The JSON of an evaluation has the importance of the columns, with the score of the score table."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{a:.3f},{i % 7},{2e6 + 1e6 * a:.2f}" for i, a in enumerate(np.random.default_rng(3).normal(size=80))]
    Path("t.csv").write_text("\n".join(["a,b,y", *lines, ""]))
    words = ("t.csv", "-t", "y", "--recipe", "plain", "--epochs", "3", "-q", "-o", "m.safetensors")
    assert run("train", *words)[0] == 0
    found = json.loads(run("evaluate", "m.safetensors", "t.csv", "--json")[1])
    assert found["importance"]["metric"] == "rmse"
    assert found["importance"]["score"] == pytest.approx(found["scores"]["network"]["rmse"], rel=1e-6)
    assert {row["name"] for row in found["importance"]["importance"]} == {"a", "b"}
    assert json.loads(run("evaluate", "m.safetensors", "t.csv", "--json", "--report", "t.html")[1])["importance"]
    assert "Feature importance" in Path("t.html").read_text()
