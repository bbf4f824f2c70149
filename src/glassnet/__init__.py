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
import importlib.util
from typing import TYPE_CHECKING, Any

# Before anything else: some imports deeper CPython 3.11 takes 45 ms more for it, 0.24 instead of 0.19 s in all.
import numpy as _numpy  # noqa: F401

from glassnet.errors import (
    ConfigError,
    DataError,
    DivergenceError,
    FormatError,
    GlassnetError,
    MissingExtraError,
    NotFittedError,
    RankError,
    ShapeError,
    TableWarning,
)
from glassnet.layers import Activation, Layer, ParamSpec, Step
from glassnet.layers import registry as _registry
from glassnet.layers.registry import *  # noqa: F403  # all built-in layers
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
from glassnet.utils.formula import Formula
from glassnet.utils.keywords import unknown_name
from glassnet.utils.version import VERSION

if TYPE_CHECKING:
    from glassnet import attribution as attribution
    from glassnet import datasets as datasets
    from glassnet import diagnosis as diagnosis
    from glassnet import distributed as distributed
    from glassnet import errors as errors
    from glassnet import explanation as explanation
    from glassnet import exports as exports
    from glassnet import layers as layers
    from glassnet import losses as losses
    from glassnet import metrics as metrics
    from glassnet import optimizers as optimizers
    from glassnet import playground as playground
    from glassnet import plots as plots
    from glassnet import populations as populations
    from glassnet import reports as reports
    from glassnet import schedules as schedules
    from glassnet import scratch as scratch
    from glassnet import serving as serving
    from glassnet import sklearn as sklearn
    from glassnet import tabular as tabular
    from glassnet import training as training
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
    from glassnet.distributed import ScalingForecast, scaling_forecast
    from glassnet.explanation import Explanation, explain_lesson
    from glassnet.exports import ExportReport, export, from_keras, from_torch
    from glassnet.populations import Ensemble, Population, cross_validate, find_learning_rate, sweep
    from glassnet.sklearn import from_sklearn
    from glassnet.training import Callback, Checkpoint, EarlyStopping, History, Snapshots
    from glassnet.utils.parquet_rows import ParquetRows

__version__ = VERSION

__all__ = [
    "SGD", "AbsoluteError", "Activation", "Adagrad", "Adam", "AdamW", "Attribution", "BackpropReport",
    "BinaryCrossEntropy", "BinaryFocalCrossEntropy", "Callback", "Checkpoint", "ConfigError", "Constant", "CosineDecay",
    "CosineWaves", "CustomLoss", "DataError", "Diagnosis", "DiagnosisWarning", "DivergenceError", "EarlyStopping",
    "Ensemble", "EnsembleLoss", "Explanation", "ExponentialDecay", "ExportReport", "Finding", "FlatCosine",
    "FormatError", "Formula", "GaussianNLL", "GlassnetError", "History", "Huber", "Importance", "InverseTimeDecay",
    "Layer", "Lion", "Loss", "MissingExtraError", "Network", "NotFittedError", "OneCycle", "Optimizer", "ParamSpec",
    "ParquetRows", "Poisson", "Population", "Quantile", "RMSprop", "RankError", "ReduceOnPlateau", "ScalingForecast",
    "Schedule",
    "SequentialSchedule", "ShapeError", "Snapshots", "SoftmaxCrossEntropy", "SoftmaxFocalCrossEntropy", "SquaredError",
    "Step", "StepDecay", "TableWarning", "Warmup", "Watch", "check_gradients", "check_my_backprop", "cross_validate",
    "diagnose", "explain_lesson", "export", "find_learning_rate", "from_keras", "from_sklearn", "from_torch",
    "integrated_gradients", "load", "permutation_importance", "scaling_forecast", "sweep",
]  # fmt: skip
__all__ += _registry.__all__

# The upper floors load when they are first used, so that `import glassnet` costs little more than `import numpy`.
_ON_USE = {
    "glassnet.attribution": ("Attribution", "Importance", "integrated_gradients", "permutation_importance"),
    "glassnet.diagnosis": (
        "BackpropReport",
        "Diagnosis",
        "DiagnosisWarning",
        "Finding",
        "Watch",
        "check_my_backprop",
        "diagnose",
    ),
    "glassnet.diagnosis.gradient_check": ("check_gradients",),
    "glassnet.distributed": ("ScalingForecast", "scaling_forecast"),
    "glassnet.explanation": ("Explanation", "explain_lesson"),
    "glassnet.exports": ("ExportReport", "export", "from_keras", "from_torch"),
    "glassnet.populations": ("Ensemble", "Population", "cross_validate", "find_learning_rate", "sweep"),
    "glassnet.sklearn": ("from_sklearn",),
    "glassnet.training": ("Callback", "Checkpoint", "EarlyStopping", "History", "Snapshots"),
    "glassnet.utils.parquet_rows": ("ParquetRows",),
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ON_USE.items() for name in names}


# The rooms that users open, each a module with functions and classes of its own; `gn.plots` loads on use.
_ROOMS = (
    "attribution", "datasets", "diagnosis", "distributed", "errors", "explanation", "exports", "layers", "losses",
    "metrics", "optimizers", "playground", "plots", "populations", "reports", "schedules", "scratch", "serving",
    "sklearn", "tabular", "training",
)  # fmt: skip


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name not in _ROOM_OF:
            if not name.startswith("_") and importlib.util.find_spec(f"glassnet.{name}"):
                return importlib.import_module(f"glassnet.{name}")
            raise unknown_name(__name__, name, [*__all__, *_ROOMS])
        value = globals()[name] = getattr(importlib.import_module(_ROOM_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
