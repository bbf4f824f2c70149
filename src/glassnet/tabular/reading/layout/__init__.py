"""Find out how a text file is laid out: encoding, separator, quotes, names, and where the rows begin and end."""

__all__: list[str] = []
