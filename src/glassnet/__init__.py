"""glassnet: the small-network library you can see through.

Neural networks in Python and NumPy, from scratch: an engine whose every gradient is checked, that goes on after a stop
as if nothing had happened, and that shows its numbers.

Examples
--------
>>> import numpy as np
>>> import glassnet as gn
>>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
>>> net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.05), seed=0)
>>> history = net.fit(X, y, epochs=200)
>>> net.predict(X).argmax(axis=1).tolist()
[0, 1, 1, 0]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from glassnet.errors import (
    ConfigError,
    DataError,
    DivergenceError,
    FormatError,
    GlassnetError,
    MissingExtraError,
    NotFittedError,
    ShapeError,
)
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    BatchNorm,
    Concatenate,
    Copies,
    CustomActivation,
    Dense,
    Dropout,
    Embedding,
    EnsembleDense,
    EnsembleHead,
    Flatten,
    GaussianNoise,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    Mish,
    NTKDense,
    Parametric,
    ParamSpec,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    PReLU,
    ReLU,
    Reshape,
    Residual,
    Scale,
    Select,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from glassnet.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    CustomLoss,
    EnsembleLoss,
    GaussianNLL,
    Huber,
    Loss,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
    SquaredError,
)
from glassnet.network import Network, load
from glassnet.optimizers import SGD, Adagrad, Adam, AdamW, Lion, Optimizer, RMSprop
from glassnet.schedules import (
    Constant,
    CosineDecay,
    CosineWaves,
    ExponentialDecay,
    FlatCosine,
    InverseTimeDecay,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    SequentialSchedule,
    StepDecay,
    Warmup,
)

if TYPE_CHECKING:
    from glassnet.attribution import Attribution, Importance, integrated_gradients, permutation_importance
    from glassnet.diagnosis import (
        BackpropReport,
        Diagnosis,
        DiagnosisWarning,
        Finding,
        Watch,
        check_my_backprop,
        diagnose,
    )
    from glassnet.diagnosis.gradient_check import check_gradients
    from glassnet.explanation import Explanation, explain_lesson
    from glassnet.populations import Ensemble, Population, cross_validate, find_learning_rate, sweep
    from glassnet.sklearn import from_sklearn
    from glassnet.training import Callback, Checkpoint, EarlyStopping, History, Snapshots

__version__ = "0.1.0"

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "SGD",
    "AbsoluteError",
    "Adagrad",
    "Adam",
    "AdamW",
    "Attribution",
    "BackpropReport",
    "BatchNorm",
    "BinaryCrossEntropy",
    "BinaryFocalCrossEntropy",
    "Callback",
    "Checkpoint",
    "Concatenate",
    "ConfigError",
    "Constant",
    "Copies",
    "CosineDecay",
    "CosineWaves",
    "CustomActivation",
    "CustomLoss",
    "DataError",
    "Dense",
    "Diagnosis",
    "DiagnosisWarning",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Ensemble",
    "EnsembleDense",
    "EnsembleHead",
    "EnsembleLoss",
    "Explanation",
    "ExponentialDecay",
    "Finding",
    "FlatCosine",
    "Flatten",
    "FormatError",
    "GaussianNLL",
    "GaussianNoise",
    "GlassnetError",
    "History",
    "Huber",
    "Identity",
    "Importance",
    "InverseTimeDecay",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Lion",
    "Loss",
    "Mish",
    "MissingExtraError",
    "NTKDense",
    "Network",
    "NotFittedError",
    "OneCycle",
    "Optimizer",
    "PReLU",
    "ParamSpec",
    "Parametric",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Poisson",
    "Population",
    "Quantile",
    "RMSprop",
    "ReLU",
    "ReduceOnPlateau",
    "Reshape",
    "Residual",
    "Scale",
    "Schedule",
    "Select",
    "Sequential",
    "SequentialSchedule",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Snapshots",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SoftmaxFocalCrossEntropy",
    "Softplus",
    "SquaredError",
    "Step",
    "StepDecay",
    "Tanh",
    "Warmup",
    "Watch",
    "check_gradients",
    "check_my_backprop",
    "cross_validate",
    "diagnose",
    "explain_lesson",
    "find_learning_rate",
    "from_sklearn",
    "integrated_gradients",
    "load",
    "permutation_importance",
    "sweep",
]

# The upper floors load when they are first used, so that `import glassnet` costs little more than `import numpy`.
_ON_USE = {
    "Snapshots": "glassnet.training",
    "permutation_importance": "glassnet.attribution",
    "integrated_gradients": "glassnet.attribution",
    "Importance": "glassnet.attribution",
    "Attribution": "glassnet.attribution",
    "explain_lesson": "glassnet.explanation",
    "Explanation": "glassnet.explanation",
    "diagnose": "glassnet.diagnosis",
    "Watch": "glassnet.diagnosis",
    "Finding": "glassnet.diagnosis",
    "DiagnosisWarning": "glassnet.diagnosis",
    "Diagnosis": "glassnet.diagnosis",
    "BackpropReport": "glassnet.diagnosis",
    "Callback": "glassnet.training",
    "Checkpoint": "glassnet.training",
    "EarlyStopping": "glassnet.training",
    "Ensemble": "glassnet.populations",
    "History": "glassnet.training",
    "Population": "glassnet.populations",
    "check_gradients": "glassnet.diagnosis.gradient_check",
    "cross_validate": "glassnet.populations",
    "find_learning_rate": "glassnet.populations",
    "check_my_backprop": "glassnet.diagnosis",
    "from_sklearn": "glassnet.sklearn",
    "sweep": "glassnet.populations",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_USE:
        message = f"module 'glassnet' has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(importlib.import_module(_ON_USE[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_USE})
