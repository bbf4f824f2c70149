"""Exported files against what other libraries make of the same models."""
