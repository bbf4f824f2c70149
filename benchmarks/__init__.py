"""How long training and prediction take, against other libraries: ``python -m benchmarks``."""
