"""From models to plans: networks layer by layer, tables column by column, estimators."""

__all__: list[str] = []
