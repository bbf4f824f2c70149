"""How many BLAS threads a run uses, and the one controller that sets them."""

__all__: list[str] = []
