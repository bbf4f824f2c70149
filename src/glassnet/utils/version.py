"""The version of the package, for what files and pages say of themselves."""

__all__ = ["VERSION"]

VERSION = "0.1.0"
