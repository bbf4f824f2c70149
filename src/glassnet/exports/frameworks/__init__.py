"""Networks from models of other frameworks, which are imported only where one is given."""

__all__: list[str] = []
