"""What the targets that keep a network's layers share: what goes before and after these, and the test rows."""

__all__: list[str] = []
