"""`explain`: the next training step of a network, worked by hand."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError
from glassnet.explanation.document import Equation, Section
from glassnet.explanation.entries import Entry, entry_of
from glassnet.explanation.number_format import EXACT
from glassnet.explanation.recording import record_prediction, record_step
from glassnet.explanation.rendering import Detail, as_html, as_latex, as_markdown, as_text
from glassnet.explanation.sections import sections_forward, sections_of
from glassnet.explanation.selection import layer_names, sections_of_layer
from glassnet.explanation.step_notes import notes_of
from glassnet.saving.writing import write_atomically
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.html import Markup, page
from glassnet.utils.keywords import advises_on_names

__all__ = ["Explanation", "explain", "explain_prediction"]

_MOST_ROWS = 64


class Explanation:
    """A worked training step: sections of equations with their numbers, printed as text.

    Parameters
    ----------
    head : sequence of str
        A title, and sentences about the step.
    sections : sequence of Section
        In the order of computation.
    """

    def __init__(self, head: Sequence[str], sections: Sequence[Section]) -> None:
        self.head, self.sections = list(head), list(sections)

    def __getitem__(self, symbol: str) -> np.ndarray:
        """Return the array for a symbol, as in ``explanation["dW1"]``."""
        return self._equation(symbol).value.copy()

    def _equation(self, symbol: str) -> Equation:
        for section in self.sections:
            for equation in section.equations:
                if equation.symbol == symbol:
                    return equation
        raise KeyError(symbol)

    def entry(self, symbol: str, index: Sequence[int] = ()) -> Entry:
        """Return one number of an array with the terms it is the sum of; no other is worked.

        Parameters
        ----------
        symbol : str
            One of `symbols`.
        index : sequence of int
            Its place in the array.

        Raises
        ------
        ConfigError
            There is no such array, or no such place in it.

        Examples
        --------
        >>> import glassnet as gn
        >>> net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.1), input_shape=2)
        >>> net.params[:] = [1.0, 2.0, 0.5]
        >>> entry = net.explain([[3.0, 4.0]], [10.0]).entry("Z1", (0, 0))
        >>> f"{entry.label} = {entry.text()} = {entry.value}"
        'Z1[0, 0] = 3 * 1 + 4 * 2 + 0.5 = 11.5'
        """
        check_choice("Explanation.entry", "symbol", symbol, self.symbols)
        equation = self._equation(symbol)
        shape, place = equation.value.shape, _place(index)
        if place is None or len(place) != len(shape) or not all(0 <= i < n for i, n in zip(place, shape, strict=True)):
            message = f"Explanation.entry: index is {index!r}; it must be a place in {symbol} of shape {shape}."
            raise ConfigError(message, expected=shape, got=index)
        return entry_of(equation, place)

    @property
    def parameters(self) -> dict[str, str]:
        """The symbols of the parameters by their names in the network, as in ``{"dense_1.weight": "W1"}``."""
        return {
            section.parameter: equation.symbol.removesuffix("'")
            for section in self.sections
            if section.parameter
            for equation in section.equations
            if equation.symbol.endswith("'")  # Lion's momentum comes after it
        }

    @property
    def symbols(self) -> list[str]:
        """The symbols of all equations, in the order of computation."""
        return [equation.symbol for section in self.sections for equation in section.equations]

    @property
    def layers(self) -> list[str]:
        """The names that `of_layer` knows, containers included."""
        return layer_names(self.sections)

    def of_layer(self, name: str) -> Explanation:
        """Return the part of one layer: forward, backward and update, after the arrays of others that these use.

        Parameters
        ----------
        name : str
            One of `layers`; that of a container stands for all layers inside.

        Raises
        ------
        ConfigError
            There is no such layer.
        """
        return self._of_layer(name, "Explanation.of_layer", "name")

    def _of_layer(self, name: str, where: str, argument: str) -> Explanation:
        """Return the part of one layer; an error names the call and the argument that it was asked for with."""
        check_choice(where, argument, name, self.layers)
        head = [*self.head, "", f"Only {name}; the sections have the numbers of the whole step."]
        return Explanation(head, sections_of_layer(self.sections, name))

    def text(self, *, digits: int = 4, full: bool = False, width: int | None = 80, layer: str | None = None) -> str:
        """Return it as text; a long one has a table of contents.

        Parameters
        ----------
        digits : int, default=4
            Significant digits; with 17 every number can be read back exactly.
        full : bool, default=False
            Whether to show all of large arrays and to work every entry.
        width : int, optional
            Where to break lines; None does not.
        layer : str, optional
            Name of one layer: only its part, as of `of_layer`.
        """
        if layer is not None:
            return self._of_layer(layer, "Explanation.text", "layer").text(digits=digits, full=full, width=width)
        return as_text(self.head, self.sections, _detail(digits, full), width)

    def markdown(self, *, digits: int = 4, full: bool = False) -> str:
        """Return it as Markdown; ``digits`` and ``full`` as of `text`."""
        return as_markdown(self.head, self.sections, _detail(digits, full))

    def latex(self, *, digits: int = 4, full: bool = False, document: bool = True) -> str:
        """Return it as LaTeX; ``digits``, ``full`` as of `text`, and without ``document`` only what is inside one."""
        return as_latex(self.head, self.sections, _detail(digits, full), document=document)

    def html(self, *, digits: int = 4, full: bool = False) -> str:
        """Return it as one page that loads nothing from anywhere; ``digits`` and ``full`` as of `text`."""
        return page(self.head[0], self.fragment(digits=digits, full=full))

    def fragment(self, *, digits: int = 4, full: bool = False) -> Markup:
        """Return it as a part of a page, with its style; ``digits`` and ``full`` as of `text`."""
        return as_html(self.head, self.sections, _detail(digits, full))

    def save(self, path: str | Path, *, digits: int = 4, full: bool = False) -> None:
        """Write it to a file: HTML, Markdown, LaTeX or text by the ending of ``path``.

        ``digits`` and ``full`` are those of `text`.

        Raises
        ------
        ConfigError
            The ending is another one.
        """
        forms = {".html": self.html, ".md": self.markdown, ".tex": self.latex, ".txt": self.text}
        suffix = Path(path).suffix.lower()
        if suffix not in forms:
            must = f"it must end in {', '.join(forms)}"
            message = f"Explanation.save: path is {str(path)!r}; {must}."
            raise ConfigError(message, expected=list(forms), got=str(path))
        write_atomically(path, forms[suffix](digits=digits, full=full).encode())

    def to_dict(self, entries: int = 2) -> dict[str, Any]:
        """Return plain data for JSON, with the first ``entries`` of each array worked."""
        return {"head": list(self.head), "sections": [section.to_dict(entries) for section in self.sections]}

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.fragment()


def _place(index: Any) -> tuple[int, ...] | None:
    """Return an index as whole numbers, None for what is no sequence of such."""
    try:
        return tuple(operator.index(i) for i in index)
    except TypeError:
        return None


def _detail(digits: int, full: bool) -> Detail:
    digits = min(check_integer("Explanation", "digits", digits, 1), EXACT)
    return Detail(digits, None, None) if full else Detail(digits)


@advises_on_names
def explain(
    network: BaseNetwork, X: Any, y: Any, sample_weight: Any = None, *, layer: str | None = None, noise: bool = True
) -> Explanation:
    """Return the next training step on a few rows, worked out: every number with the formula it comes from.

    Forward through every layer, the loss, back through every layer, penalties, the optimizer's update: what `fit` would
    do with these rows as its next batch, done by a copy in double precision. The network is not changed. Where the
    learning rate of the next step is 0, the largest one of the schedule is taken instead, which is said.

    Parameters
    ----------
    network : BaseNetwork
        Without members; trained or not. If it is new it is built for X.
    X : array of shape (n, ...)
        One row, or a small batch of at most 64.
    y : array of shape (n,) or (n, k)
        Their targets, as for `Network.fit`.
    sample_weight : array of shape (n,), optional
        As in `Network.fit`.
    layer : str, optional
        Name of one layer, as in `Network.summary`: only its part of the step, as of `Explanation.of_layer`.
    noise : bool, default=True
        Whether dropout and noise are on, as in training; without them the step has the numbers of a prediction.

    Returns
    -------
    Explanation
        Printed as text; a page in a notebook; also Markdown, LaTeX, HTML and JSON.

    Raises
    ------
    ConfigError
        The network has members.
    DataError
        More than 64 rows.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating errors".

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.1), input_shape=2)
    >>> net.params[:] = [1.0, 2.0, 0.5]
    >>> step = net.explain([[3.0, 4.0]], [10.0])
    >>> step["Z1"].item(), step["dW1"].ravel().tolist(), step["W1'"].ravel().tolist()
    (11.5, [9.0, 12.0], [0.09999999999999998, 0.7999999999999998])
    >>> print(step)  # doctest: +ELLIPSIS
    One training step: 2 -> Dense(1), squared_error, SGD, 1 row
    ...
       Z1 = A0 @ W1 + b1
         Z1[0, 0] = 3 * 1 + 4 * 2 + 0.5 = 11.5
    ...
    """
    _refuse_members(network, "explain")
    inputs, targets, weight = network._check_data("explain", X, y, sample_weight)
    _check_rows("explain", len(inputs))
    double = network.astype("float64")
    targets = double.loss.prepare(y, double.n_outputs, double.dtype)
    rows = np.asarray(inputs[:], dtype=np.float64)
    record = record_step(network, rows, targets, None if weight is None else weight.astype(np.float64), noise=noise)
    head = _head(network, "One training step", f", {network.loss.name}, {type(network.optimizer).__name__}", len(rows))
    step = Explanation([*head, *notes_of(network, record)], sections_of(record))
    return step if layer is None else step._of_layer(layer, "explain", "layer")


@advises_on_names
def explain_prediction(network: BaseNetwork, X: Any) -> Explanation:
    """Return a pass forward through all layers as in a prediction, worked out: dropout and noise are off.

    `BatchNorm` uses what it remembers from training. The network is not changed.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members.
    X : array of shape (n, ...)
        At most 64 rows.

    Returns
    -------
    Explanation
        Its last array is that of the logits, or of the probabilities that the loss makes of them.

    Raises
    ------
    ConfigError
        The network has members.
    DataError
        More than 64 rows.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dropout(0.5), gn.Dense(1)], loss="squared_error", input_shape=2)
    >>> net.params[:] = [1.0, 2.0, 0.5]
    >>> explain_prediction(net, [[3.0, 4.0]]).entry("Z2", (0, 0)).text()
    '3 * 1 + 4 * 2 + 0.5'
    """
    _refuse_members(network, "explain_prediction")
    inputs = network._check_inputs("explain_prediction", X)
    _check_rows("explain_prediction", len(inputs))
    record = record_prediction(network, np.asarray(inputs[:], dtype=np.float64))
    return Explanation(_head(network, "One prediction", "", len(inputs)), sections_forward(record))


def _refuse_members(network: BaseNetwork, where: str) -> None:
    if network.members is not None:
        message = f"{where}: the network has members={network.members}; it must have none. Explain one of its kind."
        raise ConfigError(message, got=network.members)


def _check_rows(where: str, n: int) -> None:
    if n > _MOST_ROWS:
        message = f"{where}: {n} rows; there must be at most {_MOST_ROWS}. Pass one row, or a few."
        raise DataError(message, expected=_MOST_ROWS, got=n)


def _head(network: BaseNetwork, what: str, with_what: str, n: int) -> list[str]:
    shape = " x ".join(map(str, network.input_shape or ()))
    parts = [type(layer).__name__ for layer in network.layers]
    for i, layer in enumerate(network.layers):
        config = layer.config()
        shown = [
            str(config[name])
            for name in ("units", "activation", "rate")
            if isinstance(config.get(name), (int, str, float))
        ]
        parts[i] += f"({', '.join(shown)})" if shown else ""
    chain = " -> ".join([shape, *parts])
    rows = "1 row" if n == 1 else f"{n} rows"
    title = f"{what}: {chain}{with_what}, {rows}"
    if network.dtype == np.float64:
        return [title]
    return [title, "", f"Worked in double precision; the network itself computes in {network.dtype.name}."]
