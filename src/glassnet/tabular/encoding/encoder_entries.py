"""Check the parts of a saved `TableEncoder` that must fit each other."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.errors import FormatError
from glassnet.tabular.encoding.category_coder import CodeCoder
from glassnet.tabular.encoding.coders import Coder
from glassnet.tabular.encoding.config_reader import Entries
from glassnet.tabular.encoding.robust_scaling import RobustScale

__all__ = ["check_codes", "read_bounds"]


def check_codes(entries: Entries, coders: Sequence[Coder]) -> None:
    """Raise an error if codes do not follow each other: a layer would look up another column's vectors."""
    expected = 0
    for coder in coders:
        if isinstance(coder, CodeCoder):
            if coder.first != expected:
                must = f"they must begin at {expected}"
                message = f"{entries.where}: the codes of {coder.name!r} begin at {coder.first}; {must}."
                raise FormatError(message, expected=expected, got=coder.first)
            expected += coder.n_codes


def read_bounds(entries: Entries, n_features: int) -> list[RobustScale | None]:
    """Return the scales of the features in a configuration."""
    key = "bounds"
    given = entries.config.get(key)
    if not isinstance(given, list) or len(given) not in (0, n_features):
        raise entries.refuse(key, f"a list of {n_features} scales or of none")
    return [None if one is None else RobustScale.from_config(Entries(entries.where, one)) for one in given]
