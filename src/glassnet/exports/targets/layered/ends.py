"""What a printed network needs before its layers and after them, in NumPy."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.exports.plan import Map, Plan, Softmax

__all__ = ["Ends", "ends_of"]


@dataclass(frozen=True)
class Ends:
    """Pieces of a file with a network.

    Parameters
    ----------
    outputs, example : str
        What the network gives, and a line that shows how to predict, for people.
    constants : str
        Assignments at the top of the file.
    encode : str
        The lines of a function that make ``x`` of ``rows``.
    decode : str
        The lines that return the outputs made of the logits ``z``.
    predict, returns : str
        The name of the function that predicts, and what it returns, for people.
    labels : str
        A further function, which predicts labels.
    loss : str
        The class of the loss.
    """

    outputs: str
    example: str
    constants: str
    encode: str
    decode: str
    predict: str
    returns: str
    labels: str
    loss: str


def ends_of(plan: Plan) -> Ends:
    """Return the pieces for a plan with a core."""
    assert plan.core is not None
    classifies = plan.answer.kind in ("classes", "labels")
    predict = "predict_proba" if classifies else "predict"
    outputs = "logits, without softmax or sigmoid" if classifies else "numbers"
    return Ends(
        outputs=outputs,
        example=f"{predict}(rows, model)",
        constants="",
        encode="    x = rows",
        decode=_decode(plan),
        predict=predict,
        returns="probabilities" if classifies else "numbers",
        labels="",
        loss=type(plan.core.network.loss).__name__,
    )


def _decode(plan: Plan) -> str:
    last = plan.steps[-1]
    if isinstance(last, Softmax):
        return "    e = np.exp(z - z.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)"
    if isinstance(last, Map):
        return "    return (1.0 + np.tanh(z / 2.0)) / 2.0"
    return "    return z"
