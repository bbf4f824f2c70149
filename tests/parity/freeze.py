"""Freeze the figures of PyTorch and autograd to ``tests/data/parity.safetensors``.

Run from the repository, in an environment that has both, whenever ``tests/cases.py`` gets a new line::

    pip install torch==2.13.0 autograd
    PYTHONPATH=src:tests python -m parity.freeze
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

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


def main() -> None:
    """Write all figures; says which optimizers have no counterpart."""
    torch.set_default_dtype(torch.float64)
    found: dict[str, Any] = {}
    rng = np.random.default_rng(20261123)
    for case in LAYERS:
        found |= {f"layer {case.name} {key}": array for key, array in freeze_layer(case, rng).items()}
    for case in LOSSES:
        found |= {f"loss {case.name} {key}": array for key, array in freeze_loss(case, rng).items()}
    for optimizer in OPTIMIZERS:
        arrays = freeze_optimizer(optimizer, rng)
        found |= {f"optimizer {optimizer!r} {key}": array for key, array in arrays.items()}
        if not arrays:
            print("no counterpart:", optimizer)
    save_file({name: np.ascontiguousarray(array) for name, array in found.items()}, PATH, {"torch": torch.__version__})
    print(f"{len(found)} arrays, {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
