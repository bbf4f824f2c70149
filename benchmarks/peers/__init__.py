"""One module for each library, all with the same functions; a library is imported only by its own module.

``make(case)`` returns an object with

* ``step(k)``: take k training steps, the loss of each computed,
* ``fit()``: a whole training of ``case.epochs`` epochs from new weights, the way users call it,
* ``predict(X)``: probabilities for some rows,
* ``settle()``: what a run finds out in its first steps, called before those that are timed,

each of which may be missing where the library has no such thing; it raises `UnsupportedError` for what it cannot do.
"""

from __future__ import annotations

__all__ = ["PEERS", "UnsupportedError"]

# What the tables call a peer, its module, and what it imports.
PEERS = {
    "glassnet": ("glassnet_peer", "glassnet"),
    "tutorial": ("tutorial_peer", "glassnet"),
    "NumPy loop": ("numpy_peer", "numpy"),
    "scikit-learn": ("sklearn_peer", "sklearn"),
    "PyTorch": ("torch_peer", "torch"),
    "PyTorch fused": ("torch_fused_peer", "torch"),
    "PyTorch compiled": ("torch_compiled_peer", "torch"),
    "JAX jit": ("jax_peer", "jax"),
    "Keras": ("keras_peer", "keras"),
    "skorch": ("skorch_peer", "skorch"),
}


class UnsupportedError(Exception):
    """The library cannot do this case."""
