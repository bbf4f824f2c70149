"""What each argument of a learner's function is given: by its name, by its place, or by trying."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

__all__ = [
    "EACH_BY_NAME",
    "Signature",
    "against_names",
    "assignments",
    "is_likely_loss",
    "losses_against_names",
    "returned_names",
    "role_of",
    "signature_of",
]

# What people call the arguments, in small letters and without underscores.
_ROLES = {
    "X": "x xs inputs input features data samples xbatch xtrain a0 batchx",
    "y": "y ys ytrue target targets labels label t truth ybatch ytrain actual expected onehot yonehot batchy",
    "predictions": "yhat ypred predictions prediction pred preds predicted probs probabilities output outputs out al "
    "finaloutput logits scores yproba yhats",
    "parameters": "parameters params param theta model net network layers weightsandbiases self nn mlp",
    "cache": "cache caches memory memo saved store forwardcache ctx context intermediates activations",
    "slopes": "dout dy dyhat dl dloss gradoutput upstream upstreamgrad outputgradient dvalues grad lossgrad "
    "gradloss accumgrad outputgrad doutput",
    "place": "grads gradients",
    "rate": "lr learningrate eta stepsize lrate alpha",
    "penalty": "lambda lambd lamb lam lmbda reg regularization l2 weightdecay regstrength",
    "count": "m n nsamples numsamples batchsize nexamples numexamples",
    "true": "training train istraining",
    "one": "keepprob temperature",
    "tiny": "eps epsilon",
    "depth": "nlayers numlayers numberoflayers",
}
_SYNONYMS = {word: role for role, words in _ROLES.items() for word in words.split()}
# In the order that the documentation promises; what stands first counts where names say nothing.
_ORDERS = {
    "forward": {1: ["X"], 2: ["X", "parameters"], 3: ["X", "parameters", "y"]},
    "loss": {1: ["predictions"], 2: ["predictions", "y"], 3: ["predictions", "y", "parameters"]},
    "gradients": {1: ["y"], 2: ["X", "y"], 3: ["X", "y", "parameters"], 4: ["parameters", "cache", "X", "y"]},
}
_POOLS = {
    "forward": ("X", "parameters"),
    "loss": ("predictions", "y", "parameters", "X", "cache"),
    "gradients": ("parameters", "cache", "X", "y", "predictions", "result"),
}
EACH_BY_NAME = "**parameters"  # a role: all parameters as keywords
_MOST, _MOST_FREE = 250, 5  # assignments to try, and arguments whose names say nothing


class Signature(NamedTuple):
    """The arguments that a function must be given, in order, and which of them by keyword."""

    names: tuple[str, ...]
    keywords: frozenset[str] = frozenset()
    any_number: bool = False  # *args
    any_names: bool = False  # **kwargs
    defaults: tuple[tuple[str, Any], ...] = ()


def role_of(name: str) -> str:
    """Return what an argument of this name stands for; "" if the name does not say.

    Examples
    --------
    >>> role_of("Y_hat"), role_of("z")
    ('predictions', '')
    """
    return _SYNONYMS.get(name.replace("_", "").lower(), "")


def signature_of(function: Callable[..., Any], which: str) -> Signature:
    """Return the arguments that must be given, and those with the default None whose name says what they are."""
    try:
        each = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a function in C without a signature
        return Signature(("predictions", "y") if which == "loss" else ("X", "y"))
    kinds = inspect.Parameter
    places = [a for a in each if a.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    needed = [_is_needed(a, which) for a in places]
    count = max((i + 1 for i, is_needed in enumerate(needed) if is_needed), default=0)
    keywords = [a.name for a in each if a.kind is kinds.KEYWORD_ONLY and _is_needed(a, which)]
    return Signature(
        (*(a.name for a in places[:count]), *keywords),
        frozenset(keywords),
        any(a.kind is kinds.VAR_POSITIONAL for a in each),
        any(a.kind is kinds.VAR_KEYWORD for a in each),
        tuple((a.name, a.default) for a in each if a.default is not kinds.empty),
    )


@functools.cache
def returned_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the variables that a function returns as a tuple of that many, [] if its text does not say."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return []
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    tuples = [node.elts for node in found if isinstance(node, ast.Tuple) and len(node.elts) == count]
    names = [[each.id if isinstance(each, ast.Name) else "" for each in elements] for elements in tuples]
    return names[-1] if names else []


def _is_needed(argument: inspect.Parameter, which: str) -> bool:
    if argument.default is inspect.Parameter.empty:
        return True
    role = role_of(argument.name)
    # forward(X, y=None) gives scores without y, and something else with it.
    return argument.default is None and bool(role) and not (which == "forward" and role == "y")


def assignments(
    which: str, signature: Signature, known: Sequence[str], spread: Sequence[Sequence[str]]
) -> Iterator[tuple[str, ...]]:
    """Yield what a function's arguments may be given, by role, what its names say first.

    ``known`` are names of parameters and of what they stand in, which are roles themselves; ``spread`` has
    sequences of roles that may be meant by as many arguments whose names say nothing.
    """
    names = signature.names
    if signature.any_number and len(names) <= 1:
        yield from _for_any_number(which, names, spread)
        return
    roles = [name if name in known else role_of(name) for name in names]
    # Of two arguments with the same role, as in loss(y, t), neither name says enough.
    roles = [role if role in known or roles.count(role) < 2 else "" for role in roles]
    tried: dict[tuple[str, ...], None] = {}
    more = [tuple(each) for each in spread if each] if signature.any_number else [()]
    if signature.any_names and "parameters" not in roles:
        more = [(EACH_BY_NAME,), ()]
    for chosen in itertools.islice(_filled(which, roles, spread), _MOST):
        for rest in more:
            if (*chosen, *rest) not in tried:
                tried[(*chosen, *rest)] = None
                yield (*chosen, *rest)
    if which == "gradients" and "cache" in roles:  # it may be all that forward returns, predictions too
        yield from (tuple("result" if role == "cache" else role for role in each) for each in [*tried])


def against_names(which: str, signature: Signature) -> Iterator[tuple[str, ...]]:
    """Yield what a function's arguments may be given if some names mean something else than they usually do.

    Those come first that contradict the fewest names: of ways that are right equally often, the first is kept.
    """
    if which == "gradients" and 1 < len(signature.names) <= 4:
        said = [role_of(name) for name in signature.names]
        ways = itertools.permutations(_POOLS[which], len(said))
        yield from sorted(ways, key=lambda way: sum(a != b for a, b in zip(way, said, strict=True)))


def losses_against_names(signature: Signature, known: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield what a loss may be given if its names mean something else than they do elsewhere.

    A name of a parameter, of a penalty's strength or of a number of rows may be that of the predictions or targets,
    and y that of the output. Arguments whose names say that they are the predictions are believed.
    """
    names = signature.names
    if signature.any_number or not 1 <= len(names) <= _MOST_FREE:
        return
    roles = [name if name in known else role_of(name) for name in names]
    sure = {"predictions", "y", "X", ""}
    clashes = [i for i, role in enumerate(roles) if role in known]
    others = [i for i, role in enumerate(roles) if role not in sure and i not in clashes]
    freed = [clashes, *([i] for i in clashes), *([i] for i in others), [*clashes, *others]]
    freed += [[i for i, role in enumerate(roles) if role in ("y", "X", "")], [*range(len(roles))]]
    tried: set[tuple[str, ...]] = set()
    for places in freed:
        if not places or ("predictions" in roles and not set(places) & set(clashes)):
            continue
        left = ["" if i in places else role for i, role in enumerate(roles)]
        for chosen in itertools.islice(_filled("loss", left, ()), _MOST):
            wanted = {"predictions", "y"} if len(names) > 1 else {"predictions"}
            if wanted <= set(chosen) and chosen not in tried:
                tried.add(chosen)
                yield chosen


def is_likely_loss(roles: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether a loss with these arguments can compare anything; ``names`` are those of the parameters."""
    compares = "y" in roles or "X" in roles
    if "predictions" in roles:
        return compares or not set(roles) & set(names)
    runs_forward = set(names) <= set(roles) and (compares or len(roles) != 2)
    return runs_forward or bool({"parameters", "cache", "result", EACH_BY_NAME} & set(roles))


def _for_any_number(which: str, names: Sequence[str], spread: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    orders = [*_ORDERS[which].values()][::-1]
    if which == "forward":
        yield from (("X", *each) for each in spread if each)
        yield ("X", "parameters")
        yield ("X",)
        return
    orders.sort(key=lambda order: order != _ORDERS[which][2 if which == "loss" else 3])
    for order in orders:
        if len(order) >= len(names):
            yield tuple(order)
    if which == "gradients":
        yield from (("X", "y", *each) for each in spread if each)


def _filled(which: str, roles: Sequence[str], spread: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield roles for all arguments; what names say stays, at first."""
    free = [i for i, role in enumerate(roles) if not role]
    used = {role for role in roles if role}
    for each in spread:
        if ("X" in used or "y" in used) and len(free) > 1:
            for chosen in (each, (*each, "parameters"), ("parameters", *each)):
                if len(chosen) == len(free) and not (len(chosen) > len(each) and "parameters" in used):
                    yield _with(roles, free, chosen)
    order = [role for role in _ORDERS[which].get(len(roles), _POOLS[which]) if role not in used]
    order += [role for role in _POOLS[which] if role not in used and role not in order]
    pieces = [role for each in spread for role in each if role.startswith("piece:")]
    order += [role for role in dict.fromkeys(pieces) if role not in order]
    if len(free) <= min(len(order), _MOST_FREE):
        yield from (_with(roles, free, each) for each in itertools.permutations(order, len(free)))
    if which == "loss":
        # A loss of x and y may mean predictions by x.
        yield from _with_predictions(roles)


def _with(roles: Sequence[str], free: Sequence[int], chosen: Sequence[str]) -> tuple[str, ...]:
    filled = list(roles)
    for i, role in zip(free, chosen, strict=True):
        filled[i] = role
    return tuple(filled)


def _with_predictions(roles: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if "predictions" not in roles and "X" in roles:
        yield tuple("predictions" if role == "X" else role for role in roles)
