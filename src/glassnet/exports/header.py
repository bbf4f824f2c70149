"""The facts at the top of every exported file."""

from __future__ import annotations

from glassnet.exports.naming import comment_text
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.utils.version import VERSION

__all__ = ["header_lines"]


def header_lines(plan: Plan, proof: Proof, arithmetic: str) -> list[str]:
    """Return the facts of an export, each a line that is harmless in any comment.

    ``arithmetic`` is what the file computes in, such as ``"float32"``.
    """
    worst = f"{proof.worst:.1e}"
    return [
        f'Model "{comment_text(plan.name)}", written by glassnet {VERSION}. Equal models give equal files.',
        f"{plan.n_weights:,} numbers, {arithmetic}.",
        f"Worst error {worst} on {proof.n_rows:,} rows, relative to max(1, largest |y|).",
        f"SHA-256 of the model: {proof.digest}",
        *(f"{comment_text(key)}: {comment_text(value)}" for key, value in plan.made_from.items()),
    ]
