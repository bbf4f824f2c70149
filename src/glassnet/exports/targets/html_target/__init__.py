"""A model as one page of HTML that needs nothing else and sends nothing."""

__all__: list[str] = []
