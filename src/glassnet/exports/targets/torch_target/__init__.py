"""The PyTorch target: weights that ``load_state_dict`` takes, and the module that they belong to."""

__all__: list[str] = []
