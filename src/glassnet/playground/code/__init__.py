"""A run as Python code, and Python code as a run."""
