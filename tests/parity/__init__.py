"""Figures of PyTorch and autograd, frozen so that a plain test run needs neither."""
