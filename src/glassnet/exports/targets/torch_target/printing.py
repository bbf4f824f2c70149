"""The files of the PyTorch target: weights for ``load_state_dict``, and the module that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from glassnet.exports.header import header_lines
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.layered.frame import Design, file_around, logits_shape
from glassnet.exports.targets.layered.refusing import why_not
from glassnet.exports.targets.target import Options
from glassnet.exports.targets.torch_target.layers import module_of
from glassnet.exports.targets.torch_target.parts import Part
from glassnet.exports.targets.torch_target.weights_file import safetensors_bytes
from glassnet.utils.version import VERSION

__all__ = ["print_plan", "refusal"]

_SUFFIXES = ("_torch.safetensors", "torch.safetensors", ".safetensors")  # of which one is written
_LOSSES: dict[str, Callable[[Any], str]] = {
    "AbsoluteError": lambda loss: "nn.L1Loss()(model(x), y)",
    "BinaryCrossEntropy": lambda loss: "nn.BCEWithLogitsLoss()(model(x), y)",
    "BinaryLogLoss": lambda loss: "nn.BCEWithLogitsLoss()(model(x), y)",
    "Huber": lambda loss: f"nn.HuberLoss(delta={loss.delta!r})(model(x), y)",
    "LogLoss": lambda loss: "nn.CrossEntropyLoss()(model(x), codes)",
    "Poisson": lambda loss: "nn.PoissonNLLLoss()(model(x), y)",
    "SoftmaxCrossEntropy": lambda loss: f"nn.CrossEntropyLoss({_smoothing(loss)})(model(x), codes)",
    "SquaredError": lambda loss: "nn.MSELoss()(model(x), y)",
}
_IMPORTS = {
    "np": "import numpy as np",
    "torch": "import torch",
    "nn": "from torch import nn",
    "load_file": "from safetensors.torch import load_file",
}
_LOADING = '''MODEL: Any = None  # what predict uses; it is loaded when it is first needed


def weights_file() -> Path:
    """Return the file of weights beside this one."""
    name = Path(__file__).stem.replace("_torch", "")
    endings = ("_torch.safetensors", ".torch.safetensors", ".safetensors")
    places = [Path(__file__).with_name(one) for one in (*(name + ending for ending in endings), "torch.safetensors")]
    return next((place for place in places if place.exists()), places[0])


def load(path: Any = None, device: Any = "cpu") -> nn.Module:
    """Return the trained network, in evaluation mode."""
    model = build()
    model.load_state_dict(load_file(path or weights_file()), strict=True)
    return model.to(device).eval()


def weights() -> list[Array]:
    """Return the arrays in the file of weights, in the order of their names."""
    return [tensor.numpy() for _, tensor in sorted(load_file(weights_file()).items())]


def use(model: nn.Module) -> None:
    """Let predict use this model from now on, such as one that was trained further."""
    global MODEL
    MODEL = model


def features(rows: Any) -> torch.Tensor:
    """Return rows as the tensor that the model reads."""
    return torch.as_tensor({rows}, dtype={dtype})


def logits(x: Array) -> Array:
    """Return what the model gives for what it reads, with dropout and the like off."""
    if MODEL is None:
        use(load())
    was_training = MODEL.training
    device = next(MODEL.parameters(), torch.empty(0)).device
    with torch.inference_mode():
        z = MODEL.eval()(torch.as_tensor(x, dtype={dtype}, device=device)).double().cpu().numpy()
    MODEL.train(was_training)
    return {z}


def versions() -> str:
    """Return what computes the network."""
    return f"PyTorch {torch.__version__}"'''


def refusal(plan: Plan, options: Options) -> str:
    """Return why PyTorch cannot have a plan, or ""."""
    return why_not(plan, options, "PyTorch", module_of)


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the weights and the file with the module."""
    assert plan.core is not None
    module = module_of(plan.core.network)
    dtype = plan.core.network.dtype.name
    arrays = dict(module.state())
    facts = {f"fact_{i:02d}": line for i, line in enumerate(header_lines(plan, proof, dtype))}
    weights = safetensors_bytes(arrays, {"format": "pt", "exported_by": f"glassnet {VERSION}", **facts})
    design = Design(
        imports=_IMPORTS,
        about=_about(plan),
        parts=[*module.classes().values(), _build(module, double=dtype == "float64"), _loading(plan, dtype)],
        weights=[array for _, array in sorted(arrays.items())],
        dtype=dtype,
    )
    return {**dict.fromkeys(_SUFFIXES, weights), "_torch.py": file_around(plan, proof, design)}


def _loading(plan: Plan, dtype: str) -> str:
    return _LOADING.replace("{dtype}", f"torch.{dtype}").replace("{z}", f"z.reshape{logits_shape(plan)}")


def _about(plan: Plan) -> list[str]:
    assert plan.core is not None
    loss = plan.core.network.loss
    known = _LOSSES.get(type(loss).__name__)
    further = "" if known is None else f", and the loss is {known(loss)}"
    classifies = plan.answer.kind in ("classes", "labels")
    return [
        "It needs torch, safetensors and numpy, and the file of weights beside it.",
        "",
        "    predict(rows)" + ("  # or predict_proba(rows)" if classifies else ""),
        "    model = load()",
        f"    model(features(rows))  # {'logits: softmax and sigmoid are in the loss' if classifies else 'numbers'}",
        "    selftest()  # the number of failures: 0",
        "",
        f"To train it further: model.train(){further}.",
        "Afterwards use(model) lets predict use it. As a program the file predicts a CSV: python FILE new.csv",
    ]


def _smoothing(loss: Any) -> str:
    return f"label_smoothing={loss.label_smoothing!r}" if loss.label_smoothing else ""


def _build(module: Part, *, double: bool) -> str:
    kind = ".double()" if double else ""
    if module.text != "Members":
        return f'def build() -> nn.Module:\n    """Return the network with new weights."""\n{_returned(module, kind)}'
    one = _returned(module.inside["0"], kind)
    return (
        f'def build_member() -> nn.Module:\n    """Return one of the networks, with new weights."""\n{one}\n\n\n'
        f'def build() -> nn.Module:\n    """Return all networks, with new weights."""\n'
        f"    return Members(build_member() for _ in range({len(module.inside)}))"
    )


def _returned(module: Part, kind: str) -> str:
    lines = module.lines("    ")
    lines[0] = lines[0].replace("    ", "    return ", 1)
    lines[-1] = lines[-1].removesuffix(",") + kind
    return "\n".join(lines)
