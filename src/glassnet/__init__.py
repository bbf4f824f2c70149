"""glassnet: the small-network library you can see through."""

__version__ = "0.1.0"
