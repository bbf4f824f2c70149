"""Pasted code as a program: the network it makes, the data it is trained on, and what it does; nothing is run."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

from glassnet.errors import FormatError, GlassnetError
from glassnet.losses import as_loss
from glassnet.network import Network
from glassnet.optimizers import as_optimizer
from glassnet.playground.code.actions import Action, Advance, Change, Fit, SetWeight
from glassnet.playground.code.evaluation import (
    ALL_NAMES,
    ELSEWHERE,
    NETWORK,
    OTHER_LIBRARIES,
    Called,
    Module,
    Place,
    Unknown,
    evaluated,
    named,
)
from glassnet.playground.code.pasting import plain_code
from glassnet.playground.code.program_form import DataLine, Program, plain_value
from glassnet.playground.code.run_writing import GIVEN_WEIGHTS, MODEL_WEIGHTS
from glassnet.playground.code.tokens import ALLOWED, MOST_CHARACTERS, check_tokens, refusal
from glassnet.playground.settings import Settings
from glassnet.training.changes import Changes
from glassnet.utils.checks import check_integer
from glassnet.utils.wording import shortened

__all__ = ["read_program"]

_FIT = (
    "epochs", "batch_size", "validation_data", "validation_split", "deterministic", "progress", "diagnose", "threads",
)  # fmt: skip
_STEPWISE = ("batch_size", "validation_data")
_SHOWS = ("evaluate", "predict", "summary", "history", "explain", "n_parameters")
_MOST_LAYERS = 200
_MOST_ACTIONS = 1000


def read_program(text: str) -> Program:
    """Return what a Python text says of a network and its training; it is never run.

    Parameters
    ----------
    text : str
        Imports of glassnet, assignments, and calls of ``net.fit``, ``net.stepwise`` and ``run``.

    Raises
    ------
    FormatError
        One sentence with the line: what stands there, and what may.
    """
    text = plain_code(text) if len(text) <= MOST_CHARACTERS else text
    check_tokens(text)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        shown = shortened(repr(text.split("\n")[line - 1 : line])[1:-1], 80)
        raise refusal(line, f"this is no Python ({getattr(error, 'msg', error)}): {shown}", "") from None
    reader = _Reader()
    for statement in tree.body:
        reader.read(statement)
    return reader.program()


class _Reader:
    """Reads one statement after the other; the names so far are those of a running program."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.data: list[DataLine] = []
        self.actions: list[Action] = []
        self.network: Network | None = None
        self.batch_size: int | None = None
        self.holds_out = False
        self.given_line: int | None = None
        self.splits = False

    def program(self) -> Program:
        if self.network is None:
            message = "code: it makes no network; it must make one. Write net = gn.Network([...], loss=...)."
            raise FormatError(message, got=None)
        settings = Settings.of(self.network, self.batch_size or 32)
        modules = {name: found.name for name, found in self.names.items() if isinstance(found, Module)}
        return Program(
            settings, tuple(self.data), tuple(self.actions), self.holds_out, modules, self.given_line, self.splits
        )

    def read(self, node: ast.stmt) -> None:
        if len(self.actions) > _MOST_ACTIONS:
            raise refusal(node.lineno, f"there must be at most {_MOST_ACTIONS:,} calls that train or change", "")
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._assign(node, node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node, node.target, node.value)
        elif isinstance(node, ast.Expr):
            self._expression(node.value)
        else:
            raise refusal(node.lineno, f"{ast.unparse(node).splitlines()[0][:40]!r} is not read")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        inside = node.module or "what stands beside it" if isinstance(node, ast.ImportFrom) else None
        for alias in node.names:
            module = inside or alias.name
            root = module.partition(".")[0]
            if root not in ("glassnet", "numpy"):  # also None, of a relative import
                advice = ELSEWHERE if root in OTHER_LIBRARIES else ALLOWED
                what = f"{str(module)[:40]} is imported; only glassnet and numpy can be"
                raise refusal(node.lineno, what, advice)
            if inside is not None and root == "glassnet" and alias.name == "*":
                self.names |= ALL_NAMES
            elif inside is None:
                whole = root if alias.asname is None else module
                self.names[alias.asname or root] = Module(whole)
            else:
                self.names[alias.asname or alias.name] = named(module, alias.name, node.lineno)

    # ---- names --------------------------------------------------------------------------------------------------

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        """Give names to a value; what cannot be read may be a line that makes data, which is found out later."""
        if isinstance(target, ast.Subscript):
            self._set_weight(target, value)
            return
        names = [target] if isinstance(target, ast.Name) else list(getattr(target, "elts", ()))
        if not names or not all(isinstance(name, ast.Name) for name in names):
            raise refusal(node.lineno, f"{ast.unparse(target)[:40]!r} cannot be given a value here")
        if isinstance(value, ast.Call) and self._is_training(value):
            found = self._trained(value)
        else:
            found = self._evaluated(node, value)
        if isinstance(target, ast.Name):
            self.names[target.id] = found
        else:
            are_given = isinstance(found, (list, tuple)) and len(found) == len(names)
            for i, name in enumerate(names):
                self.names[name.id] = found[i] if are_given else Unknown(name.id)

    def _evaluated(self, node: ast.stmt, value: ast.expr) -> Any:
        try:
            found = evaluated(value, self.names)
        except FormatError as error:
            if not self._may_be_data(value):
                raise
            self.data.append(DataLine(node, None, error))
            return Unknown("data")
        if isinstance(found, Called) and found.function == NETWORK:
            return self._made_network(node, found)
        if isinstance(found, Called):
            line = refusal(node.lineno, f"the page cannot make the data of {found.function[:60]!r}")
            self.data.append(DataLine(node, found, line))
            return Unknown(found.function)
        return found

    def _may_be_data(self, value: ast.expr) -> bool:
        """Return whether an expression is of arrays or tables: the page may have made the same from the same line."""
        for part in ast.walk(value):
            if isinstance(part, ast.Attribute) and part.attr in ("datasets", "tabular"):
                return True
            if isinstance(part, ast.Name):
                found = self.names.get(part.id)
                if isinstance(found, (Unknown, Place)) or found == Module("numpy"):
                    return True
        return False

    def _made_network(self, node: ast.stmt, called: Called) -> Network:
        """Return the network that a call makes, not built: no array is made."""
        if self.network is not None:
            raise refusal(node.lineno, "a second network is made; there must be one", "Leave one out.")
        keywords = {name: value for name, value in called.keywords.items() if name != "input_shape"}
        if isinstance(keywords.get("dtype"), Place):  # np.float64
            keywords["dtype"] = keywords["dtype"].name.removeprefix("numpy.")
        if keywords.get("members") is not None:
            raise refusal(node.lineno, "members are not read: the page trains one network", "Leave members out.")
        layers = called.arguments[0] if called.arguments else keywords.get("layers", ())
        if not isinstance(layers, (list, tuple)) or len(layers) > _MOST_LAYERS:
            raise refusal(node.lineno, "layers must be a list of layers", "Write [gn.Dense(8, 'tanh'), gn.Dense(1)].")
        try:
            self.network = Network(*called.arguments, **keywords)
            Settings.of(self.network)
        except (GlassnetError, TypeError) as error:
            raise refusal(node.lineno, str(error).rstrip(".")[:400], "") from error
        return self.network

    def _set_weight(self, target: ast.Subscript, value: ast.expr) -> None:
        """Read ``net.params[17] = 0.5``."""
        array, place = target.value, evaluated(target.slice, self.names)
        is_params = isinstance(array, ast.Attribute) and array.attr == "params" and self._is(array.value, Network)
        if not is_params or not isinstance(place, int) or isinstance(place, bool):
            raise refusal(target.lineno, f"{ast.unparse(target)[:40]!r} cannot be given a value here")
        number = evaluated(value, self.names)
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            raise refusal(target.lineno, f"a weight is of type {type(number).__name__}; it must be a number", "")
        self.actions.append(SetWeight(place, float(number)))

    # ---- calls --------------------------------------------------------------------------------------------------

    def _expression(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return  # a docstring
        if isinstance(node, ast.Call) and self._is_training(node):
            self._trained(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            for argument in node.args:
                self._shown(argument)
        elif self._takes_weights(node):
            self.given_line = node.lineno
        else:
            self._shown(node)

    def _takes_weights(self, node: ast.expr) -> bool:
        """Return whether it is the line that stands for the weights of a network that was given to the page."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or self.network is None:
            return False
        known = [_call_of(_parsed(line)) for line in (GIVEN_WEIGHTS, MODEL_WEIGHTS)]
        return self._is(node.func.value, Network) and _call_of(node) in known

    def _shown(self, node: ast.expr) -> None:
        """Let pass what only shows something: ``net.evaluate(X, y)["loss"]``."""
        inner = node
        while isinstance(inner, (ast.Subscript, ast.Call, ast.Attribute)):
            outer, inner = inner, inner.func if isinstance(inner, ast.Call) else inner.value
            name = outer.attr if isinstance(outer, ast.Attribute) else ""
            if self._is(inner, Network) and (name in _SHOWS or name.startswith("plot_")):
                return
            if name.startswith("_"):
                break
        if isinstance(node, ast.Constant) or self._is(inner, Unknown) or self._is(node, Network):
            return
        raise refusal(node.lineno, f"{ast.unparse(node)[:40]!r} is not read")

    def _is(self, node: ast.expr, kind: Any) -> bool:
        return isinstance(node, ast.Name) and isinstance(self.names.get(node.id), kind)

    def _is_training(self, node: ast.Call) -> bool:
        """Return whether it is a method of the network or the run that does something."""
        function = node.func
        if not isinstance(function, ast.Attribute):
            return False
        of_network = self._is(function.value, Network) and function.attr in ("fit", "stepwise", "build")
        return of_network or self._is(function.value, _Run)

    def _trained(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Attribute)
        method = node.func.attr
        if method == "build":
            return None
        if method in ("fit", "stepwise"):
            return self._fitted(node, method)
        if method in ("advance", "change", "close"):
            return getattr(self, f"_{method}")(node)
        raise refusal(node.lineno, f"'run.{method[:40]}' is not read", "A run has advance and change.")

    def _fitted(self, node: ast.Call, method: str) -> Any:
        allowed = _FIT if method == "fit" else _STEPWISE
        given = {str(keyword.arg): keyword.value for keyword in node.keywords}
        for name in given:
            if name not in (*allowed, "X", "y"):
                options = ", ".join(allowed)
                what = f"{method} has the argument {name[:40]}; it is read with {options}"
                raise refusal(node.lineno, what, "Leave it out.")
        if len(node.args) > 2 or not all(self._is_data(argument) for argument in node.args):
            raise refusal(node.lineno, f"{method} has something else for X and y; it must have their names", "")
        self.holds_out |= "validation_data" in given
        self.splits |= "validation_split" in given
        size = self._integer(node, given.get("batch_size"), "batch_size", self.batch_size or 32)
        self.batch_size = self.batch_size or size
        if method == "stepwise":
            if size != self.batch_size:
                self.actions.append(Change({"batch_size": size}))
            return _Run()
        self.actions.append(Fit(self._integer(node, given.get("epochs"), "epochs", None), size))
        return Unknown("history")

    def _is_data(self, node: ast.expr) -> bool:
        """Return whether an argument names arrays: of a line before, or of the page."""
        return isinstance(node, ast.Name) and isinstance(self.names.get(node.id, Unknown("")), Unknown)

    def _integer(self, node: ast.Call, value: ast.expr | None, name: str, default: int | None) -> int:
        if value is None and default is not None:
            return default
        if value is None:
            raise refusal(node.lineno, f"{name} is missing; it must be given", f"Write {name}=10.")
        try:
            return check_integer("fit", name, evaluated(value, self.names), 1, maximum=10**9)
        except GlassnetError as error:
            if isinstance(error, FormatError):
                raise
            raise refusal(node.lineno, str(error).rstrip("."), "") from error

    def _advance(self, node: ast.Call) -> None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "n")]
        if len(arguments) > 1 or len(arguments) < len(node.args) + len(node.keywords):
            raise refusal(node.lineno, "advance takes the number of steps", "Write run.advance(100).")
        steps = self._integer(node, arguments[0] if arguments else None, "n", 1)
        self.actions.append(Advance(steps))

    def _change(self, node: ast.Call) -> None:
        if node.args or not all(keyword.arg in Changes.__annotations__ for keyword in node.keywords):
            names = ", ".join(Changes.__annotations__)
            raise refusal(node.lineno, f"change takes {names}, each by its name", "")
        changes = {str(k.arg): plain_value(evaluated(k.value, self.names)) for k in node.keywords}
        for name, make in (("optimizer", as_optimizer), ("loss", as_loss)):
            if isinstance(changes.get(name), str):
                try:
                    changes[name] = plain_value(make(changes[name]))
                except GlassnetError as error:
                    raise refusal(node.lineno, str(error).rstrip("."), "") from error
        self.actions.append(Change(changes))

    def _close(self, node: ast.Call) -> None:
        if node.args or node.keywords:
            raise refusal(node.lineno, "close takes nothing", "")


def _parsed(line: str) -> ast.Call:
    found = ast.parse(line, mode="eval").body
    assert isinstance(found, ast.Call)
    return found


def _call_of(node: ast.Call) -> str:
    """Return a method call, whatever the object is called."""
    assert isinstance(node.func, ast.Attribute)
    return ast.dump(ast.Call(ast.Attribute(ast.Name("net"), node.func.attr), node.args, node.keywords))


@dataclasses.dataclass(frozen=True)
class _Run:
    """What ``net.stepwise`` returns."""
