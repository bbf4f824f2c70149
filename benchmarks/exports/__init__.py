"""Benchmarks of exported models and of the service, beside the peers that do the same."""
