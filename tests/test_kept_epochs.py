"""What histories, pictures and reports say of the best epoch: that it was kept only where the network has its weights."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((60, 4)), RNG.integers(0, 3, 60)
DATA: dict[str, Any] = {"validation_data": (X[40:], Y[40:])}


def network(**options: Any) -> gn.Network:
    """Return a network whose validation loss soon rises."""
    return gn.Network(
        [gn.Dense(16, "relu"), gn.Dense(3)], loss="cross_entropy", optimizer=gn.Adam(0.03), seed=0, **options
    )


def shown(net: gn.Network) -> str:
    """Return the history in a notebook and the page of the report."""
    return str(net.history._repr_html_()) + net.report(X, Y).to_html()


def test_an_epoch_was_kept_only_where_its_weights_were_restored() -> None:
    """More training, and stopping without restoring, leave a best epoch that was not kept; restoring keeps it."""
    net, rule = network(), gn.EarlyStopping(patience=5)
    history = net.fit(X[:40], Y[:40], epochs=40, early_stopping=rule, **DATA)
    best = history.best_epoch
    assert best == history.kept_epoch < history.epochs
    assert f"epoch {best}: these weights were kept" in shown(net)
    assert f"epoch {best} was kept" in shown(net)
    assert history.kept_epoch == gn.History.from_dict(history.to_dict()).kept_epoch
    net.fit(X[:40], Y[:40], epochs=20)
    assert (net.history.best_epoch, net.history.kept_epoch) == (best, None)
    unrestored = network()
    unrestored.fit(X[:40], Y[:40], epochs=40, early_stopping=gn.EarlyStopping(patience=5, restore_best=False), **DATA)
    for each in (net, unrestored):
        assert each.history.kept_epoch is None
        assert f"epoch {best}: best by early stopping, not kept" in shown(each)
        assert "was kept" not in shown(each)
        assert "were kept" not in shown(each)
    net.fit(X[:40], Y[:40], epochs=1, early_stopping=rule, **DATA)
    assert net.history.kept_epoch == net.history.best_epoch


def test_the_picture_of_a_history_knows_too() -> None:
    """Its label says that the epoch is the best by early stopping only, unless it was kept."""
    pytest.importorskip("matplotlib")
    for restores, label in ((True, "best epoch"), (False, "best by early stopping")):
        net = network()
        rule = gn.EarlyStopping(patience=5, restore_best=restores)
        net.fit(X[:40], Y[:40], epochs=40, early_stopping=rule, **DATA)
        assert f"{label}: {net.history.best_epoch}" in net.plot_history().get_legend_handles_labels()[1]


def test_old_histories_have_no_kept_epoch(tmp_path: Path) -> None:
    """Dicts and pickles without the entry can be read; a file of now keeps it, and the next fit forgets it."""
    net = network()
    net.fit(X[:40], Y[:40], epochs=40, early_stopping=gn.EarlyStopping(patience=5), **DATA)
    entries = net.history.to_dict()
    del entries["kept_epoch"]
    assert gn.History.from_dict(entries).kept_epoch is None
    old = pickle.loads(pickle.dumps(net.history))
    del vars(old)["kept_epoch"]
    assert pickle.loads(pickle.dumps(old)).kept_epoch is None
    net.save(tmp_path / "model.safetensors", training_state=True)
    assert gn.load(tmp_path / "model.safetensors").history.kept_epoch == net.history.best_epoch
    with pytest.raises(gn.FormatError, match="best_epoch, kept_epoch and threads are 5, 'x' and"):
        gn.History.from_dict(entries | {"best_epoch": 5, "kept_epoch": "x"})


def test_members_have_a_kept_epoch_each() -> None:
    """The page names the epoch of each member, and marks none in the mean curve."""
    net = network(members=3)
    history = net.fit(X[:40], Y[:40], epochs=40, early_stopping=gn.EarlyStopping(patience=5), **DATA)
    assert len(set(history.best_epoch)) > 1
    assert history.kept_epoch == history.best_epoch
    page = net.report(X, Y).to_html()
    assert f"Epochs {', '.join(map(str, history.best_epoch))}: kept, one for each member." in page
    assert "was kept" not in page
    assert "Loss by epoch, mean of 3 members" in page
    assert "mean of 3 members" in str(net.report(X, Y))


def test_networks_of_a_population_keep_their_own() -> None:
    """Networks that are trained together say what each of them would say alone."""
    population = gn.Population(network(), 2)
    networks = population.networks
    population.fit(X[:40], Y[:40], epochs=40, early_stopping=gn.EarlyStopping(patience=5), **DATA)
    for each in networks:
        assert each.history.kept_epoch == each.history.best_epoch
    population.fit(X[:40], Y[:40], epochs=2)
    assert [each.history.kept_epoch for each in networks] == [None, None]


def test_copies_and_members_are_averaged_before_they_are_scored() -> None:
    """Scores are those of the mean prediction of all copies and members, in the table of scores and of each output."""
    two = (X[:, 0] + 0.8 * RNG.standard_normal(60) > 0).astype(int)
    net = gn.Network(
        [gn.Copies(3), gn.EnsembleDense(8, "relu"), gn.EnsembleHead(1)],
        loss=gn.EnsembleLoss("binary_cross_entropy", 3),
        seed=0,
    )
    net.fit(X, two, epochs=3)
    scores = net.report(X, two).to_dict()["scores"]["network"]
    found = net.evaluate(X, two, metrics=["accuracy", "log_loss"])
    assert scores["accuracy"] == pytest.approx(found["accuracy"])
    assert scores["log_loss"] == pytest.approx(found["log_loss"], rel=1e-5)
    numbers = X @ RNG.standard_normal((4, 2))
    several = gn.Network([gn.Dense(2)], loss="squared_error", members=3, seed=0)
    several.fit(X, numbers, epochs=2)
    facts = several.report(X, numbers).to_dict()
    off = several.predict(X).mean(axis=0) - numbers
    r2 = 1.0 - (np.square(off).mean(axis=0) / numbers.var(axis=0)).mean()
    assert facts["scores"]["network"]["r2"] == pytest.approx(r2, rel=1e-4)
    rmse = [float(each[1]) for each in facts["outputs"]["rows"]]
    assert rmse == pytest.approx(np.sqrt(np.square(off).mean(axis=0)).tolist(), rel=1e-2)


def test_a_resumed_run_keeps_the_order_of_its_columns(tmp_path: Path) -> None:
    """Columns have the order of the epochs' rows after a file too."""
    net = network()
    net.fit(X[:40], Y[:40], epochs=2, metrics=["accuracy"], **DATA)
    columns = list(net.history.columns)
    assert columns != sorted(columns)
    net.save(tmp_path / "model.safetensors", training_state=True)
    again = gn.load(tmp_path / "model.safetensors")
    assert list(again.history.columns) == columns
    again.fit(X[:40], Y[:40], epochs=2, metrics=["accuracy"], **DATA)
    assert list(again.history.columns) == columns


def test_columns_that_are_not_there_are_advised_on() -> None:
    """What `fit` must be given for a metric is said; an empty history says so, and that files may hold none."""
    net = network()
    said = "there is no column 'loss': no epoch is recorded; a file holds a history only if it was saved with"
    with pytest.raises(gn.ConfigError, match=f"^History: {said} training_state=True. Call fit.$"):
        net.history["loss"]
    history = net.fit(X[:40], Y[:40], epochs=1)
    for column, advice in (
        ("accuracy", r"Pass metrics=\['accuracy'\] to fit."),
        ("valid_loss", "Pass validation_data to fit."),
        ("valid_auc", "Pass validation_data to fit."),
    ):
        with pytest.raises(gn.ConfigError, match=f"^History: unknown column '{column}'.*{advice}$"):
            history[column]
    net.fit(X[:40], Y[:40], epochs=1, **DATA)
    with pytest.raises(gn.ConfigError, match=r"Pass metrics=\['auc'\] to fit.$"):
        history["valid_auc"]
    with pytest.raises(gn.ConfigError, match=r"The choices are [^.]*\.$"):
        history["wrong"]
    pytest.importorskip("matplotlib")
    with pytest.raises(gn.ConfigError, match=r"Pass metrics=\['auc'\] to fit.$"):
        net.plot_history("auc")
