"""Every exception that glassnet raises on purpose.

::

    GlassnetError
    ├── ConfigError       (ValueError)                  an option has a value it cannot have
    ├── ShapeError        (ValueError)                  arrays that do not fit each other
    ├── DataError         (ValueError)                  data that cannot be learned from
    ├── NotFittedError    (ValueError, AttributeError)  used before it was built or fitted
    ├── DivergenceError   (ArithmeticError)             training produced NaN or infinity
    ├── FormatError       (ValueError)                  a file that is not what it claims to be
    ├── RankError         (RuntimeError)                another process of this training has failed
    └── MissingExtraError (ImportError)                 an optional dependency is not installed

    TableWarning          (UserWarning)                 what was made of a table, where a user might not expect it

A message has the fact first: ``<Where>: <what is so>; <what must hold>. <What to do.>``
The pieces stay available as attributes, so that a program need not parse the sentence.
"""

from __future__ import annotations

__all__ = [
    "ConfigError",
    "DataError",
    "DivergenceError",
    "FormatError",
    "GlassnetError",
    "MissingExtraError",
    "NotFittedError",
    "RankError",
    "ShapeError",
    "TableWarning",
]


class GlassnetError(Exception):
    """Base of all exceptions of this library.

    Parameters
    ----------
    message : str
        The whole sentence.
    expected, got : object, optional
        What had to hold and what came instead, for programs.
    """

    def __init__(self, message: str, *, expected: object = None, got: object = None) -> None:
        super().__init__(message)
        self.expected = expected
        self.got = got


class ConfigError(GlassnetError, ValueError):
    """An option has a value it cannot have."""


class ShapeError(GlassnetError, ValueError):
    """Two arrays, or an array and a layer, do not fit each other."""


class DataError(GlassnetError, ValueError):
    """The data cannot be used: not finite, not numeric, empty, out of range."""


class NotFittedError(GlassnetError, ValueError, AttributeError):
    """A network or estimator was used before it was built or fitted."""


class DivergenceError(GlassnetError, ArithmeticError):
    """Training produced NaN or infinity."""


class FormatError(GlassnetError, ValueError):
    """A file is damaged, of another kind, or of a version that this release cannot read."""


class RankError(GlassnetError, RuntimeError):
    """Another process that trains the same network has failed, and this one cannot go on without it.

    Parameters
    ----------
    message : str
        The whole sentence; it has the other's error.
    rank : int
        Which one failed.
    """

    def __init__(self, message: str, *, rank: int) -> None:
        super().__init__(message, got=rank)
        self.rank = rank


class MissingExtraError(GlassnetError, ImportError):
    """An optional dependency is not installed; the message has the ``pip install`` line."""


class TableWarning(UserWarning):
    """What was made of the cells or columns of a table, where a user might not expect it."""
