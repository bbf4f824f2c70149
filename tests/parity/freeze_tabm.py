"""Freeze figures of TabM, as its authors publish it, to ``tests/data/tabm.safetensors``.

Run from the repository, in an environment that has PyTorch and their packages::

    pip install torch==2.13.0 tabm==0.0.3 rtdl_num_embeddings==0.0.12
    PYTHONPATH=src:tests python -m parity.freeze_tabm
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rtdl_num_embeddings
import tabm
import torch
import torch.nn.functional as F  # noqa: N812  # as all the world calls it
from safetensors.numpy import save_file

PATH = Path(__file__).parent.parent / "data" / "tabm.safetensors"
N, COPIES, WIDTH, DIM, CATEGORIES, STEPS = 60, 4, 8, 4, (4, 3), 20
RATE, DECAY = 2e-3, 3e-4
Arrays = dict[str, np.ndarray]


def make_model(arch: str, X: torch.Tensor, n_outputs: int) -> tabm.TabM:
    """Return a small TabM without dropout: three blocks, or two behind piecewise linear embeddings if it is the mini one."""
    embeddings = None
    if arch == "tabm-mini":
        bins = rtdl_num_embeddings.compute_bins(X, n_bins=5)
        embeddings = rtdl_num_embeddings.PiecewiseLinearEmbeddings(bins, DIM, activation=False, version="B")
    return tabm.TabM.make(
        n_num_features=X.shape[1],
        cat_cardinalities=list(CATEGORIES),
        d_out=n_outputs,
        num_embeddings=embeddings,
        k=COPIES,
        arch_type=arch,
        n_blocks=2 if embeddings else 3,
        d_block=WIDTH,
        dropout=0.0,
    )


def loss_of(Z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean over copies of each copy's own loss."""
    flat, repeated = Z.flatten(0, 1), y.repeat_interleave(COPIES, dim=0)
    return F.cross_entropy(flat, repeated) if y.dtype == torch.int64 else F.mse_loss(flat, repeated)


def groups_of(model: tabm.TabM) -> list[dict[str, Any]]:
    """Return the parameters that decay, and those that do not: biases, and the linear part of embeddings."""
    named = list(model.named_parameters())
    free = [p for name, p in named if name.endswith("bias") or "linear0" in name]
    rest = [p for _, p in named if not any(p is other for other in free)]
    return [{"params": rest}, {"params": free, "weight_decay": 0.0}]


def freeze(arch: str, task: str) -> Arrays:
    """Return data, parameters before and after training with AdamW on all rows, logits, predictions and losses."""
    torch.manual_seed(7)
    X, codes = torch.randn(N, 3), torch.stack([torch.randint(0, c, (N,)) for c in CATEGORIES], dim=1)
    signal = X[:, 0] * X[:, 1] + codes[:, 0]
    y = (signal > 1.0).long() + (signal > 2.0) if task == "classes" else (signal[:, None] - signal.mean()) / 2.0
    model = make_model(arch, X, 3 if task == "classes" else 1)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    Z = model(X, codes)
    predicted = (Z.softmax(-1) if task == "classes" else Z).mean(dim=1)
    optimizer = torch.optim.AdamW(groups_of(model), lr=RATE, weight_decay=DECAY)
    losses = []
    for _ in range(STEPS):
        loss = loss_of(model(X, codes), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = {"X": X, "codes": codes, "y": y, "Z": Z.detach(), "predicted": predicted.detach()}
    found |= {f"start {name}": value for name, value in start.items()}
    found |= {f"end {name}": value for name, value in model.state_dict().items()}
    arrays = {name: value.numpy() for name, value in found.items()}
    return arrays | {"losses": np.array(losses)}


def main() -> None:
    """Write the figures of both architectures for both tasks."""
    torch.set_default_dtype(torch.float64)
    found: Arrays = {}
    for arch in ("tabm", "tabm-mini"):
        for task in ("classes", "numbers"):
            found |= {f"{arch} {task} {key}": value for key, value in freeze(arch, task).items()}
    save_file({name: np.ascontiguousarray(a) for name, a in found.items()}, PATH, {"torch": torch.__version__})
    print(f"{len(found)} arrays, {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
