"""Pictures of networks that were trained, most of them by the plots of the library, on the data of their pages."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from paper import BLUE, GREEN, GREY, ORANGE, plot

import glassnet as gn
from glassnet import plots
from glassnet.tabular import TabularClassifier, TabularRegressor, read_table, split_rows

__all__ = ["PICTURES"]

PAGES = Path(__file__).parent.parent / "guide"


def network() -> Any:
    """Draw the network of "Looking inside" with the outputs for a row."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=0)
    net.fit(X, y, epochs=30)
    figure, ax = plot(4.4)
    net.plot_network(X[0], feature_names=["width", "height", "age"], class_names=["cat", "dog"], ax=ax)
    return figure


def regions() -> Any:
    """Draw where the first network answers which class."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 2))
    y = (np.hypot(X[:, 0], X[:, 1]) > 1.2).astype(int)
    net = gn.Network([gn.Dense(32, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    net.fit(X[:500], y[:500], epochs=30, batch_size=32)
    figure, ax = plot(4.2)
    net.plot_decision_regions(X[500:], y[500:], class_names=["inside", "outside"], ax=ax)
    ax.set_aspect("equal")
    return figure


def overfitting() -> Any:
    """Draw training and validation loss apart, and where early stopping keeps the weights."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 5))
    y = (X[:, 0] + X[:, 1] ** 2 + 0.5 * rng.standard_normal(600) > 1).astype(int)
    histories = []
    for stopping in (None, gn.EarlyStopping("valid_loss", patience=8)):
        layers = [gn.Dense(64, "relu"), gn.Dense(64, "relu"), gn.Dense(2)]
        net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.005), seed=0)
        histories.append(net.fit(X, y, epochs=60, validation_split=0.25, early_stopping=stopping, diagnose=False))
    whole, stopped = histories
    figure, ax = plot(3.3)
    epochs = np.arange(1, 61)
    ax.plot(epochs, whole["loss"], color=BLUE, label="loss on training rows")
    ax.plot(epochs, whole["valid_loss"], color=ORANGE, ls="--", label="loss on validation rows")
    best, last = stopped.best_epoch, stopped.epochs
    ax.plot(best, whole["valid_loss"][best - 1], "D", color=GREEN, ms=8, label=f"epoch {best}: weights are kept")
    ax.axvspan(best, last, color=GREY, alpha=0.13, lw=0, label="patience of 8 epochs")
    ax.set_xlabel("epoch")
    ax.set_ylim(0.0, 1.0)
    ax.legend(loc="upper right", fontsize=10, ncols=1)
    return figure


def cut_and_resumed() -> Any:
    """Draw the losses of a run, and of the same run cut off and resumed from its checkpoint."""
    import tempfile

    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 5))
    y = X[:, 0] - X[:, 1] * X[:, 2]

    def train(path: str, callbacks: Any = None) -> Any:
        layers = [gn.Dense(32, "relu"), gn.Dropout(0.1), gn.Dense(1)]
        net = gn.Network(layers, loss="squared_error", optimizer=gn.Adam(1e-2), seed=0)
        return net.fit(X, y, epochs=20, checkpoint=path, resume=True, callbacks=callbacks)

    def power_cut(run: Any) -> None:
        if run.epoch == 6:
            run.stop("no power")

    with tempfile.TemporaryDirectory() as folder:
        straight = train(f"{folder}/straight.safetensors")
        first = train(f"{folder}/cut.safetensors", power_cut)
        n = first.epochs
        second = train(f"{folder}/cut.safetensors")
    figure, ax = plot(3.0)
    ax.plot(range(1, 21), straight["loss"], color=GREY, lw=5, alpha=0.35, label="never interrupted")
    ax.plot(range(1, n + 1), second["loss"][:n], "o-", color=BLUE, ms=4, label="first start")
    ax.plot(range(n + 1, 21), second["loss"][n:], "s--", color=ORANGE, ms=4, label="started again, resume=True")
    ax.axvline(n + 0.5, color="0.4", lw=1, ls=":")
    ax.annotate("killed here", (n + 0.7, 0.82 * max(straight["loss"])), color="0.3")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.legend()
    return figure


def unscaled() -> Any:
    """Draw the training of the page's network on columns as they are, and on scaled ones."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 4)) * [1, 1, 1, 800] + [0, 0, 0, 3000]
    y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)
    figure, ax = plot(3.0)
    for Z, color, style in ((X, ORANGE, "--"), ((X - X.mean(axis=0)) / X.std(axis=0), BLUE, "-")):
        net = gn.Network([gn.Dense(16, "sigmoid"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(0.5), seed=0)
        with warnings.catch_warnings(action="ignore"):
            history = net.fit(Z, y, epochs=100)
        found = ", ".join(finding.code for finding in history.findings if finding.severity != "note")
        ax.plot(range(1, 101), history["loss"], color=color, ls=style, label=found or "columns scaled: nothing found")
    ax.set_xlabel("epoch")
    ax.set_ylabel("training loss")
    ax.set_ylim(0.0, 1.9)
    ax.legend(loc="upper right")
    return figure


def _attribution_network() -> Any:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 4))
    y = (X[:, 0] * X[:, 1] + 0.5 * X[:, 2] > 0).astype(int)
    net = gn.Network([gn.Dense(32, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(1e-2), seed=0)
    net.fit(X[:400], y[:400], epochs=40)
    return net, X, y


def importance() -> Any:
    """Draw how much worse the accuracy gets when a column is shuffled."""
    net, X, y = _attribution_network()
    names = ["width", "height", "age", "noise"]
    found = gn.permutation_importance(net, X[400:], y[400:], metric="accuracy", feature_names=names)
    figure, ax = plot(2.5)
    plots.plot_importance(found, ax=ax)
    return figure


def contributions() -> Any:
    """Draw what each input adds to the answer for a row, from the baseline on."""
    net, X, _ = _attribution_network()
    found = gn.integrated_gradients(net, X[400:403], of="probability")
    figure, ax = plot(2.7)
    plots.plot_attribution(found, 1, feature_names=["width", "height", "age", "noise"], ax=ax)
    return figure


def intervals() -> Any:
    """Draw the interval of the page's network, which is wider where there is more noise."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (400, 1))
    noise = np.where(X[:, 0] > 0, 0.5, 0.1) * rng.standard_normal(400)
    y = np.sin(3 * X[:, 0]) + noise
    layers = [gn.Dense(32, "tanh"), gn.Dense(3)]
    net = gn.Network(layers, loss=gn.Quantile([0.1, 0.5, 0.9]), optimizer=gn.Adam(0.01), seed=0)
    net.fit(X, y, epochs=150)
    x = np.linspace(-1, 1, 101)
    low, middle, high = net.predict(x[:, None]).T
    figure, ax = plot(3.2)
    ax.scatter(X[:200, 0], y[:200], s=9, color=GREY, alpha=0.6, lw=0, label="rows")
    ax.fill_between(x, low, high, color=BLUE, alpha=0.25, lw=0, label="from the 0.1 to the 0.9 quantile")
    ax.plot(x, middle, color=BLUE, label="median")
    ax.set_xlabel("x")
    ax.legend(loc="upper left", fontsize=10)
    ax.set_ylim(None, 3.2)
    return figure


def _product_rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def population() -> Any:
    """Draw the validation losses of five members, which differ in their seeds only."""
    X, y = _product_rows()
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    trained = gn.Population(net, 5)
    trained.fit(X[:300], y[:300], epochs=40, validation_data=(X[300:], y[300:]))
    figure, ax = plot(2.9)
    trained.plot(ax=ax)
    return figure


def rate_search() -> Any:
    """Draw the losses that a search for the learning rate found."""
    X, y = _product_rows()
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    found = gn.find_learning_rate(net, X, y, lowest=1e-3, highest=1.0, n_rates=7)
    figure, ax = plot(2.7)
    plots.plot_rates(found, ax=ax)
    return figure


def histograms() -> Any:
    """Draw how the activations of two layers change while the network trains."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=0)
    snapshots = gn.Snapshots(every=5)
    net.fit(X, y, epochs=30, callbacks=snapshots)
    figure, axes = plot(2.9, 1, 2)
    for ax, layer in zip(axes, ("dense_1", "dense_2"), strict=True):
        plots.plot_histograms(snapshots, "activations", layer, ax=ax)
    return figure


def _penguins() -> Any:
    table = read_table("penguins")
    return (table.take(rows) for rows in split_rows(table.n_rows, [0.8, 0.2], seed=0))


def body_mass() -> Any:
    """Draw the body mass of penguins beside what is predicted, with intervals of 90 %."""
    train, test = (part.take(~part["body_mass_g"].missing) for part in _penguins())
    model = TabularRegressor(quantiles=(0.05, 0.5, 0.95), epochs=64, random_state=0)
    model.fit(train.drop(["body_mass_g"]), train["body_mass_g"].values)
    true = test["body_mass_g"].values
    low, middle, high = model.predict_quantiles(test.drop(["body_mass_g"])).T
    order = np.argsort(middle)
    inside = (low <= true) & (true <= high)
    figure, ax = plot(3.3)
    at = np.arange(len(order))
    ax.vlines(at, low[order], high[order], color=BLUE, alpha=0.35, lw=3, label="interval of 90 %")
    ax.plot(at, middle[order], "_", color=BLUE, ms=5, label="prediction")
    for hit, color, mark, name in ((True, GREEN, "o", "true, inside"), (False, ORANGE, "X", "true, outside")):
        chosen = inside[order] == hit
        ax.plot(at[chosen], true[order][chosen], mark, color=color, ms=4 if hit else 7, label=f"{name}: {chosen.sum()}")
    ax.set_xlabel("test rows, by prediction")
    ax.set_ylabel("body_mass_g")
    ax.legend(fontsize=10)
    return figure


def calibration() -> Any:
    """Draw how often the answers of a table model are right, before and after its temperature."""
    rng = np.random.default_rng(0)
    size, colour = rng.standard_normal(2000), rng.choice(["red", "blue", "grey"], 2000)
    label = np.where(size + (colour == "red") + 0.4 * rng.standard_normal(2000) > 0.5, "large", "small")
    model = TabularClassifier("small", epochs=60, random_state=0).fit({"size": size, "colour": colour}, label)
    found = model.calibration_
    figure, ax = plot(3.5)
    ax.plot([0.5, 1], [0.5, 1], color="0.7", lw=1, ls=":")
    for bins, color, mark, name, error in (
        (found.bins_before, ORANGE, "s--", "before", found.error[0]), (found.bins, BLUE, "o-", "after", found.error[1]),
    ):  # fmt: skip
        sure = [each.confidence for each in bins if each.share]
        right = [each.accuracy for each in bins if each.share]
        ax.plot(sure, right, mark, color=color, label=f"{name}: error {error:.3f}")
    ax.set_xlabel("probability of the answer")
    ax.set_ylabel("share of right answers")
    ax.set_title(f"temperature {found.temperature:.2f}, {found.n_rows} held-out rows")
    ax.legend()
    return figure


def same_as_sklearn() -> Any:
    """Draw the losses of scikit-learn's estimator and of ours, trained with the same options."""
    from sklearn import neural_network
    from sklearn.datasets import load_iris

    from glassnet.sklearn import MLPClassifier

    X, y = load_iris(return_X_y=True)
    options = {"learning_rate_init": 0.01, "max_iter": 500, "random_state": 0}
    figure, ax = plot(2.8)
    for kind, name, style in (
        (neural_network.MLPClassifier, "sklearn.neural_network", {"color": ORANGE, "lw": 6, "alpha": 0.4}),
        (MLPClassifier, "glassnet.sklearn", {"color": BLUE, "lw": 1.6, "ls": "--"}),
    ):
        curve = kind(**options).fit(X, y).loss_curve_
        ax.plot(range(1, len(curve) + 1), curve, label=f"{name}: {len(curve)} epochs", **style)
    ax.set_xlabel("epoch")
    ax.set_ylabel("training loss")
    ax.legend()
    return figure


def forecast() -> Any:
    """Draw the forecast that the page prints: speed-up and efficiency over the number of ranks."""
    text = (PAGES / "more-than-one-machine.md").read_text(encoding="utf-8")
    rows = re.findall(r"^ *([\d,]+) +[\d.]+ +([\d.]+) +(\d+)% +\S+ +(?:rows|bandwidth|latency)", text, re.MULTILINE)
    ranks, speed, share = np.array([[float(cell.replace(",", "")) for cell in row] for row in rows]).T
    figure, ax = plot(3.0)
    ax.plot(ranks, ranks, color="0.6", lw=1, ls=":", label="as fast as there are ranks")
    ax.plot(ranks, speed, "o-", color=BLUE, label="forecast over 10GbE")
    for n in (2, 8, 32):
        i = int(np.flatnonzero(ranks == n)[0])
        ax.annotate(f"{share[i]:.0f} % efficient", (n, speed[i]), (n * 1.1, speed[i] * 0.66), color=BLUE, fontsize=10)
    ax.set_xscale("log", base=2)
    ax.set_xticks(ranks[::2], [f"{n:,.0f}" for n in ranks[::2]])
    ax.set_ylim(0, 10)
    ax.set_xlabel("ranks")
    ax.set_ylabel("speed-up")
    ax.legend(loc="lower right", fontsize=10)
    return figure


PICTURES = {
    "network.png": network, "decision-regions.png": regions, "overfitting.svg": overfitting,
    "checkpoint.svg": cut_and_resumed, "unscaled.svg": unscaled, "importance.svg": importance,
    "contributions.svg": contributions, "intervals.png": intervals, "population.svg": population,
    "rate-search.svg": rate_search, "histograms.svg": histograms, "body-mass.png": body_mass,
    "calibration.svg": calibration, "same-as-sklearn.svg": same_as_sklearn, "forecast.svg": forecast,
}  # fmt: skip
