"""A model as one script of JavaScript, classic and as ES module, that needs nothing else."""

__all__: list[str] = []
