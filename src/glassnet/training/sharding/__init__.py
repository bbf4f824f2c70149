"""Batches divided into shards whose sums are added in a fixed order, on one processor or on several."""

__all__: list[str] = []
