"""What a fit does: rows, networks, stochastic steps and L-BFGS."""

__all__: list[str] = []
