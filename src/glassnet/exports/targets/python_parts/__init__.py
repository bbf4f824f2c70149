"""What the printers of Python files share: statements, arrays of weights, templates, the frame of a file."""

__all__: list[str] = []
