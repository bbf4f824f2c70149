"""Freeze the figures of PyTorch and autograd to ``tests/data/parity.safetensors``.

Run from the repository, in an environment that has both, whenever ``tests/cases.py`` gets a new line::

    pip install torch==2.13.0 autograd
    PYTHONPATH=src:tests python -m parity.freeze

Only cases without figures get new ones; those of cases that are gone are dropped. Delete the file to make all anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

import glassnet as gn
from cases import LAYERS, LOSSES, OPTIMIZERS, LayerCase, LossCase, is_noisy
from harness import Bench
from parity.references import loss_figures, torch_layer, twenty_steps

PATH = Path(__file__).parent.parent / "data" / "parity.safetensors"
Arrays = dict[str, np.ndarray]


def freeze_layer(case: LayerCase, rng: np.random.Generator) -> Arrays:
    """Return inputs, parameters, output and gradients of a layer: as in training, or recorded if it has noise."""
    bench = Bench(case.layer, case.in_shape, 5)
    X, dY = bench.inputs(rng).copy(), bench.gradient_of_output(rng)
    params = {name: torch.tensor(array, requires_grad=True) for name, array in bench.params.items()}
    inputs = torch.tensor(X, requires_grad=True)
    uses_stats = is_noisy(case.layer) or not case.layer.trainable
    stats = {name: torch.tensor(array) for name, array in bench.stats.items()} if uses_stats else {}
    Y = torch_layer(bench.layer, params | stats, inputs)
    Y.backward(torch.tensor(dY))
    dX = np.zeros_like(X) if inputs.grad is None else inputs.grad.numpy()
    found = {"X": X, "dY": dY, "Y": Y.detach().numpy(), "dX": dX}
    for name, array in bench.params.items():
        found |= {f"param.{name}": array, f"grad.{name}": params[name].grad.numpy()}
    return found | {f"stat.{name}": array for name, array in bench.stats.items()}


def freeze_loss(case: LossCase, rng: np.random.Generator) -> Arrays:
    """Return logits, targets, weights, the losses of the rows and the gradient of their weighted sum."""
    Z, weight, targets = rng.standard_normal((6, case.n_outputs)), rng.random(6), case.targets(rng, 6)
    rows, dZ = loss_figures(case.loss, Z, targets, weight)
    y = case.loss.prepare(targets, case.n_outputs, np.dtype(np.float64))
    return {"Z": Z, "y": y, "weight": weight, "rows": rows, "dZ": dZ}


def freeze_optimizer(optimizer: gn.Optimizer, rng: np.random.Generator) -> Arrays:
    """Return a network's parameters before and after 20 steps."""
    X, y = rng.standard_normal((9, 4)), rng.integers(0, 3, 9)
    net = gn.Network(
        [gn.Dense(5, "tanh"), gn.Dense(3)], loss="cross_entropy", dtype="float64", seed=3, input_shape=(4,)
    )
    start = net.state_dict()
    end = twenty_steps(optimizer, start, X, y)
    named = {f"start.{name}": array for name, array in start.items()} | {f"end.{k}": a for k, a in end.items()}
    return {"X": X, "y": y, **named} if end else {}


def figures(lead: str, freeze: Callable[[Any, np.random.Generator], Arrays], case: Any, kept: Arrays) -> Arrays:
    """Return the figures of one case by their full names: those of the file, or new ones from a stream of its own."""
    own = {name: array for name, array in kept.items() if name.startswith(f"{lead} ")}
    if own:
        return own
    found = freeze(case, np.random.default_rng(crc32(lead.encode())))
    print(f"new: {lead}" if found else f"no counterpart: {lead}")
    return {f"{lead} {key}": np.ascontiguousarray(array) for key, array in found.items()}


def main() -> None:
    """Write all figures; says which are new, and which optimizers have no counterpart."""
    torch.set_default_dtype(torch.float64)
    kept: Arrays = load_file(PATH) if PATH.exists() else {}
    found: Arrays = {}
    for case in LAYERS:
        found |= figures(f"layer {case.name}", freeze_layer, case, kept)
    for case in LOSSES:
        found |= figures(f"loss {case.name}", freeze_loss, case, kept)
    for optimizer in OPTIMIZERS:
        found |= figures(f"optimizer {optimizer!r}", freeze_optimizer, optimizer, kept)
    save_file(found, PATH, {"torch": torch.__version__})
    print(f"{len(found)} arrays, {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
