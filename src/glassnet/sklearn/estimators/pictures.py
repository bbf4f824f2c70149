"""The pictures of the multi-layer perceptrons, with the names of features and labels, in the units of the targets."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.attribution import Importance, integrated_gradients
from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.sklearn.solvers.state import FitState
from glassnet.training.history import History
from glassnet.utils.checks import check_integer, check_matrix, check_same_length
from glassnet.utils.keywords import advises_in_methods
from glassnet.utils.short_text import number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PerceptronPlots"]


class _Reason(NamedTuple):
    """What one feature of a row contributes to its prediction."""

    column: str
    value: str
    contribution: float


@dataclass
class _Why:
    """What `glassnet.plots.plot_why` draws."""

    target: str
    prediction: str
    answer: float
    base: float
    label: bool
    reasons: list[_Reason]


@advises_in_methods
class PerceptronPlots:
    """The ``plot_*`` methods of a perceptron; each draws into ``ax``, or into a new figure, and returns the axes."""

    _state: FitState
    _name: str
    predict: Any

    @property
    def network_(self) -> Network:
        """The network itself."""
        raise NotImplementedError

    @property
    def history_(self) -> History:
        """The history of training."""
        raise NotImplementedError

    def _checked_inputs(self, X: Any) -> Any:
        """Return X as scikit-learn checks it."""
        raise NotImplementedError

    def plot_history(self, column: str = "loss", *, ax: Axes | None = None) -> Axes:
        """Draw a ``column`` of ``history_`` into ``ax``; see `glassnet.plots.plot_history`."""
        from glassnet.plots import plot_history

        return plot_history(self.history_, column, ax=ax)

    def plot_network(self, row: Any = None, *, most_units: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw the network with the names of its features and labels.

        Parameters
        ----------
        row : array or frame of shape (1, n_features), optional
            A row whose outputs are shown.
        most_units : int, optional
            Largest number of units per layer, as in `glassnet.plots.plot_network`.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots import plot_network

        network, known = self.network_, getattr(self, "feature_names_in_", None)
        X = None if row is None else self._state.scaling.inputs(_dense(self._checked_inputs(row)), network.dtype)
        labels = self._labels()
        fits = labels is not None and network.n_outputs in (len(labels), len(labels) - 1)
        names: dict[str, Any] = {"feature_names": known, "class_names": labels if fits else None}
        return plot_network(network, X, **names, most_units=most_units, ax=ax)

    def plot_weights(self, *, ax: Axes | None = None) -> Axes:
        """Draw how the weights of every layer are spread, into ``ax``; see `glassnet.plots.plot_weights`."""
        from glassnet.plots import plot_weights

        return plot_weights(self.network_, ax=ax)

    def plot_confusion(self, X: Any, y: Any, *, ax: Axes | None = None) -> Axes:
        """Draw how many rows of each label were predicted as which; see `glassnet.plots.plot_confusion`.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known labels.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.confusion import draw_confusion
        from glassnet.plots.inputs import target_name_of
        from glassnet.plots.predictions import confusion_counts

        P, codes, labels = self._probabilities("plot_confusion", X, y)
        return draw_confusion(confusion_counts(codes, P), labels, target=target_name_of(y), ax=ax)

    def plot_calibration(self, X: Any, y: Any, *, bins: int = 10, output: Any = None, ax: Axes | None = None) -> Axes:
        """Draw how often the predicted label was right against its probability; see `glassnet.plots.plot_calibration`.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known labels, which `fit` did not see.
        bins : int, default=10
            How many groups of rows.
        output : label, optional
            A label: its probability is compared with how often it is the true one.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.predictions import calibration_of

        P, codes, labels = self._probabilities("plot_calibration", X, y)
        return calibration_of(P, codes, labels, bins=bins, output=None if output is None else str(output), ax=ax)

    def plot_predicted(self, X: Any, y: Any, *, output: int = 0, ax: Axes | None = None) -> Axes:
        """Draw predicted against true numbers, in the units of the targets.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known numbers.
        output : int, default=0
            Which column of y.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.axes import axes_for
        from glassnet.plots.inputs import target_name_of
        from glassnet.plots.predictions import draw_predicted

        if self._labels() is not None:
            message = f"{self._name}.plot_predicted: it predicts labels; it must predict numbers. Use plot_confusion."
            raise ConfigError(message)
        truth = self._numbers("plot_predicted", X, y)
        column = check_integer("plot_predicted", "output", output, 0, maximum=truth.shape[1] - 1)
        found = np.asarray(self.predict(X)).reshape(len(truth), -1)
        ax = axes_for("plot_predicted", ax)
        return draw_predicted(truth[:, column], found[:, column], target=target_name_of(y), ax=ax)

    def plot_importance(
        self, X: Any, y: Any, *, repeats: int = 5, seed: int = 0, most: int = 15, ax: Axes | None = None
    ) -> Axes:
        """Draw how much lower the score, accuracy or R squared, gets when a feature is shuffled.

        Parameters
        ----------
        X, y : as of `fit`
            Rows with known targets, preferably ones that `fit` did not see.
        repeats : int, default=5
            How often each feature is shuffled.
        seed : int, default=0
            Random seed.
        most : int, default=15
            How many features to draw.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from sklearn.inspection import permutation_importance

        from glassnet.plots import plot_importance

        self._same_number("plot_importance", X, y)
        found = permutation_importance(self, X, y, n_repeats=repeats, random_state=seed)
        metric = "r2" if self._labels() is None else "accuracy"
        importance = Importance(self._feature_names(), found.importances, metric, float("nan"))
        return plot_importance(importance, most=most, ax=ax)

    def plot_why(self, X: Any, row: int = 0, *, background: Any = None, most: int = 10, ax: Axes | None = None) -> Axes:
        """Draw what each feature contributes to the prediction for one row: blue for it, orange against.

        Parameters
        ----------
        X : as of `fit`
            Rows.
        row : int, default=0
            Which of them.
        background : as of `fit`, optional
            Rows to compare with; by default one of zeros, or with ``scale_inputs`` one of mean values.
        most : int, default=10
            How many features to draw.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots import plot_why

        network, scaling = self.network_, self._state.scaling
        rows = _dense(self._checked_inputs(X))
        place = check_integer(f"{self._name}.plot_why", "row", row, 0, maximum=len(rows) - 1)
        beside = None if background is None else scaling.scaled(_dense(self._checked_inputs(background)))
        labels, shown = self._labels(), rows[place : place + 1]
        is_probability = labels is not None and bool(network.loss.includes)
        of = "probability" if is_probability else "logit"
        found = integrated_gradients(network, scaling.scaled(shown), beside, of=of, tolerance=1e-4)
        values, answer, base = found.values[0], found.answers[0], found.baseline_answers[0]
        with _nameless():
            prediction = np.asarray(self.predict(shown)).ravel()[0]
        if labels is None and scaling.target_scale is not None and scaling.target_center is not None:
            scale, center = float(scaling.target_scale[0]), float(scaling.target_center[0])
            values, answer, base = values * scale, answer * scale + center, base * scale + center
        elif labels is not None and network.n_outputs == 1 and str(prediction) == labels[0]:  # that of the other label
            values, answer, base = (-values, 1.0 - answer, 1.0 - base) if is_probability else (-values, -answer, -base)
        reasons = [_Reason(name, number_text(float(cell)), float(value))
                   for name, cell, value in zip(self._feature_names(), shown[0], values, strict=True)]  # fmt: skip
        reasons.sort(key=lambda reason: -abs(reason.contribution))
        said = number_text(float(prediction)) if labels is None else str(prediction)
        why = _Why("prediction", said, float(answer), float(base), is_probability, reasons)
        return plot_why(why, most=most, ax=ax)

    def plot_decision_regions(
        self,
        X: Any,
        y: Any = None,
        *,
        features: Sequence[int | str] = (0, 1),
        resolution: int = 100,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw what is predicted over the plane of two features, all others at their medians, and the rows as points.

        Parameters
        ----------
        X : as of `fit`
            Rows.
        y : as of `fit`, optional
            Their labels or numbers, for the colours.
        features : (int or str, int or str), default=(0, 1)
            The two features, by position or name.
        resolution : int, default=100
            Points along each axis.
        ax : Axes, optional
            Where to draw; by default in a new figure.
        """
        from glassnet.plots.axes import axes_for
        from glassnet.plots.inputs import target_name_of
        from glassnet.plots.region_drawing import draw_class_map, draw_number_map, span_of
        from glassnet.plots.regions import two_features

        where, names = f"{self._name}.plot_decision_regions", self._feature_names()
        rows = _dense(self._checked_inputs(X))
        i, j = two_features(where, features, names)
        resolution = check_integer(where, "resolution", resolution, 2)
        self._same_number("plot_decision_regions", rows, y)
        places, axis_names = (rows[:, i], rows[:, j]), (names[i], names[j])
        spans = span_of(places[0], resolution), span_of(places[1], resolution)
        grid = np.tile(np.median(rows, axis=0), (resolution * resolution, 1))
        grid[:, i], grid[:, j] = (values.ravel() for values in np.meshgrid(*spans))
        labels = self._labels()
        if labels is None:
            with _nameless():
                shown = np.asarray(self.predict(grid)).reshape(len(grid), -1)[:, 0]
            numbers = None if y is None else self._numbers("plot_decision_regions", rows, y)[:, 0]
            shown = shown.reshape(resolution, resolution)
            ax = axes_for(where, ax)
            draw_number_map(ax, shown, spans, target_name_of(y), places, numbers, axis_names)
        else:
            with _nameless():
                P, _, _ = self._probabilities("plot_decision_regions", grid, None)
            codes = self._codes("plot_decision_regions", y)
            ax = axes_for(where, ax)
            P = P.reshape(resolution, resolution, -1)
            draw_class_map(ax, P, spans, labels, places, codes, axis_names)
        return ax

    def _labels(self) -> list[str] | None:
        """Return the labels as text; None for a regressor."""
        self.network_  # noqa: B018  # raises scikit-learn's error if there is no fit
        classes = getattr(self, "classes_", None)
        return None if classes is None else [str(label) for label in classes]

    def _feature_names(self) -> list[str]:
        """Return the names of the features of the frame in `fit`, or "feature 0" and so on."""
        known = getattr(self, "feature_names_in_", None)
        shape = self.network_.input_shape or (0,)
        return [f"feature {i}" for i in range(shape[0])] if known is None else [str(name) for name in known]

    def _same_number(self, method: str, X: Any, y: Any) -> None:
        """Refuse targets of which there are more or fewer than rows."""
        if y is not None and np.ndim(X) > 0 and np.ndim(y) > 0:
            check_same_length(f"{self._name}.{method}", X=X if hasattr(X, "__len__") else _dense(X), y=y)

    def _numbers(self, method: str, X: Any, y: Any) -> np.ndarray:
        """Return the targets y of the rows X as numbers of shape (n, k)."""
        self._same_number(method, X, y)
        truth = check_matrix(f"{self._name}.{method}", "y", y, np.dtype(np.float64), min_ndim=1)
        return truth.reshape(len(truth), -1)

    def _probabilities(self, method: str, X: Any, y: Any) -> tuple[np.ndarray, Any, list[str]]:
        """Return the probabilities of labels for X, the codes of the labels y, None without y, and the labels."""
        labels = self._labels()
        if labels is None:
            message = f"{self._name}.{method}: it predicts numbers; it must predict labels. Use plot_predicted."
            raise ConfigError(message)
        if getattr(self, "_kind", "").startswith("multilabel"):
            message = f"{self._name}.{method}: a row has several labels; it must have one. Draw one label at a time."
            raise ConfigError(message)
        self._same_number(method, X, y)
        P = np.asarray(self.predict_proba(X))  # type: ignore[attr-defined]  # of the classifier
        return P, self._codes(method, y), labels

    def _codes(self, method: str, y: Any) -> np.ndarray | None:
        """Return the codes of the labels y, None without y."""
        if y is None:
            return None
        codes = {label: code for code, label in enumerate(self.classes_.tolist())}  # type: ignore[attr-defined]  # of the classifier
        given = np.asarray(y).ravel().tolist()
        unknown = [label for label in given if label not in codes]
        if unknown:
            fact = f"y holds {unknown[0]!r}"
            labels = ", ".join(map(str, [*codes][:10]))
            message = f"{self._name}.{method}: {fact}; it must hold labels of the fit: {labels}."
            raise ConfigError(message, expected=labels, got=unknown[0])
        return np.array([codes[label] for label in given])


@contextmanager
def _nameless() -> Iterator[None]:
    """Let checked rows be predicted: they have lost their names, of which scikit-learn would warn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        yield


def _dense(X: Any) -> np.ndarray:
    """Return a matrix that may be sparse as an array."""
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)
