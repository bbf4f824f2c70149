"""The work of ``glassnet train``, and of the models that it leaves."""

__all__: list[str] = []
