"""Arguments, attributes and classes of Keras, PyTorch and scikit-learn: each is answered with the name that exists here."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import pickle
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import ConvergenceWarning

import glassnet as gn
import glassnet.layers
import glassnet.losses
import glassnet.metrics
import glassnet.optimizers
import glassnet.schedules
from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning
from glassnet.tabular import TabularClassifier, read_table, to_table
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.training.findings import Diagnosis, make_finding

X, Y = np.arange(24.0).reshape(8, 3), np.array([0, 1] * 4)


def make() -> gn.Network:
    """Return a new network."""
    return gn.Network([gn.Dense(4, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)


ARGUMENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "lr": (lambda: gn.Adam(lr=0.1), "Adam: there is no argument lr. Did you mean learning_rate?"),
    "lr of SGD": (lambda: gn.SGD(lr=0.1), "SGD: there is no argument lr. Did you mean learning_rate?"),
    "epsilon": (lambda: gn.Adam(0.1, epsilon=1e-7), "Adam: there is no argument epsilon. Did you mean eps?"),
    "beta_1": (lambda: gn.AdamW(beta_1=0.8), "AdamW: there is no argument beta_1. Did you mean beta1?"),
    "betas": (lambda: gn.Adam(0.1, betas=(0.9, 0.99)), "Adam: there is no argument betas. Write beta1=0.9, beta2=0.999."),
    "clipnorm": (lambda: gn.Adam(clipnorm=1.0), "Adam: there is no argument clipnorm. Did you mean clip_norm?"),
    "clipvalue": (lambda: gn.SGD(clipvalue=1.0), "SGD: there is no argument clipvalue. Clipping by value is not here; clip_norm=1.0 limits the norm of the gradient."),
    "amsgrad": (lambda: gn.Adam(amsgrad=True), "Adam: there is no argument amsgrad. AMSGrad is not here."),
    "momentum": (lambda: gn.Adam(momentum=0.9), "Adam: there is no argument momentum. Did you mean beta1?"),
    "nesterov": (lambda: gn.Adam(nesterov=True), "Adam: there is no argument nesterov. Nesterov's momentum is in SGD: gn.SGD(0.01, momentum=0.9, nesterov=True)."),
    "weight_decay": (lambda: gn.Adam(weight_decay=0.1), "Adam: there is no argument weight_decay. Weight decay is in AdamW, gn.AdamW(0.001, weight_decay=0.01), and l2= in Network."),
    "wd": (lambda: gn.AdamW(wd=0.1), "AdamW: there is no argument wd. Did you mean weight_decay?"),
    "alpha": (lambda: gn.RMSprop(alpha=0.9), "RMSprop: there is no argument alpha. Did you mean rho?"),
    "dampening": (lambda: gn.SGD(dampening=0.1), "SGD: there is no argument dampening. The arguments are learning_rate, momentum, nesterov, clip_norm, ema."),
    "out_features": (lambda: gn.Dense(out_features=3), "Dense: there is no argument out_features. Did you mean units?"),
    "bias": (lambda: gn.Dense(3, bias=False), "Dense: there is no argument bias. Did you mean use_bias?"),
    "kernel_initializer": (lambda: gn.Dense(3, kernel_initializer="ones"), "Dense: there is no argument kernel_initializer. Did you mean initializer?"),
    "input_shape": (lambda: gn.Dense(3, input_shape=(4,)), "Dense: there is no argument input_shape. Inputs are counted when the first data come, or by gn.Network(..., input_shape=(4,))."),
    "p": (lambda: gn.Dropout(p=0.5), "Dropout: there is no argument p. Did you mean rate?"),
    "restore_best_weights": (lambda: gn.EarlyStopping(restore_best_weights=True), "EarlyStopping: there is no argument restore_best_weights. Did you mean restore_best?"),
    "lr of a network": (lambda: gn.Network([gn.Dense(1)], loss="huber", lr=0.1), "Network: there is no argument lr. It belongs to the optimizer: gn.Network(..., optimizer=gn.Adam(0.01))."),
    "metrics of a network": (lambda: gn.Network([gn.Dense(1)], loss="huber", metrics=["mae"]), "Network: there is no argument metrics. They belong to fit and evaluate."),
    "random_state": (lambda: gn.Network([gn.Dense(1)], loss="huber", random_state=0), "Network: there is no argument random_state. Did you mean seed?"),
    "gamma": (lambda: gn.StepDecay(0.1, 5, gama=0.5), "StepDecay: there is no argument gama. The arguments are initial, every, factor."),
    "verbose of predict": (lambda: make().predict(X, verbose=0), "predict: there is no argument verbose. The arguments are X."),
    "batch_size of evaluate": (lambda: make().evaluate(X, Y, metric="auc"), "evaluate: there is no argument metric. Did you mean metrics?"),
    "hidden": (lambda: MLPClassifier(hidden=3), "MLPClassifier: there is no argument hidden. Did you mean hidden_layer_sizes?"),
    "lr of an estimator": (lambda: MLPRegressor(lr=0.1), "MLPRegressor: there is no argument lr. Did you mean learning_rate_init?"),
    "epochs of an estimator": (lambda: MLPRegressor(epochs=9), "MLPRegressor: there is no argument epochs. Did you mean max_iter?"),
    "max_iter of a recipe": (lambda: TabularClassifier(max_iter=9), "TabularClassifier: there is no argument max_iter. Did you mean epochs?"),
    "n_estimators": (lambda: TabularClassifier(n_estimators=9), "TabularClassifier: there is no argument n_estimators. Did you mean n_ensemble?"),
    "lr of a recipe": (lambda: TabularClassifier(lr=9), "TabularClassifier: there is no argument lr. It is part of the recipe; gn.Network trains layers of your own."),
    "T_max": (lambda: gn.CosineDecay(0.1, T_max=9), "CosineDecay: there is no argument T_max. Did you mean epochs?"),
    "step_size": (lambda: gn.StepDecay(0.1, step_size=9), "StepDecay: there is no argument step_size. Did you mean every?"),
    "gamma of a decay": (lambda: gn.ExponentialDecay(0.1, gamma=0.9), "ExponentialDecay: there is no argument gamma. Did you mean factor?"),
    "max_lr": (lambda: gn.OneCycle(max_lr=0.1, epochs=3), "OneCycle: there is no argument max_lr. Did you mean maximum?"),
    "lr of a schedule": (lambda: gn.CosineDecay(lr=0.1, epochs=3), "CosineDecay: there is no argument lr. Did you mean initial?"),
    "negative_slope": (lambda: gn.LeakyReLU(negative_slope=0.1), "LeakyReLU: there is no argument negative_slope. Did you mean slope?"),
    "alpha of LeakyReLU": (lambda: gn.LeakyReLU(alpha=0.1), "LeakyReLU: there is no argument alpha. Did you mean slope?"),
    "num_features": (lambda: gn.BatchNorm(num_features=3), "BatchNorm: there is no argument num_features. Features are counted when the first data come."),
    "num_embeddings": (lambda: gn.Embedding(num_embeddings=3), "Embedding: there is no argument num_embeddings. Did you mean n_categories?"),
    "stddev": (lambda: gn.GaussianNoise(stddev=0.1), "GaussianNoise: there is no argument stddev. Did you mean std?"),
    "from_logits": (lambda: gn.SoftmaxCrossEntropy(from_logits=True), "SoftmaxCrossEntropy: there is no argument from_logits. A loss takes logits: the last layer has no activation."),
    "pos_weight": (lambda: gn.BinaryCrossEntropy(pos_weight=2), "BinaryCrossEntropy: there is no argument pos_weight. Weights go to fit: class_weight=, sample_weight=."),
    "save_best_only": (lambda: gn.Checkpoint("x", save_best_only=True), "Checkpoint: there is no argument save_best_only. The best weights are kept by EarlyStopping; a checkpoint holds all that the rest of the run depends on."),
    "start_lr": (lambda: gn.find_learning_rate(make(), X, Y, start_lr=1e-5), "find_learning_rate: there is no argument start_lr. Did you mean lowest?"),
    "n_repeats": (lambda: gn.permutation_importance(make(), X, Y, n_repeats=3), "permutation_importance: there is no argument n_repeats. Did you mean repeats?"),
    "target": (lambda: gn.integrated_gradients(make(), X, target=1), "integrated_gradients: there is no argument target. Did you mean output?"),
    "loss of Sequential": (lambda: gn.Sequential([gn.Dense(1)], loss="mse"), "Sequential: there is no argument loss. They belong to the network: gn.Network(layers, loss=..., optimizer=...)."),
    "usecols": (lambda: read_table("a.csv", usecols=["a"]), "read_table: there is no argument usecols. Columns are left out with read={'name': 'drop'}."),
    "dtype": (lambda: read_table("a.csv", dtype=str), "read_table: there is no argument dtype. Did you mean read?"),
    "cv": (lambda: gn.cross_validate(make(), X, Y, epochs=1, cv=3), "cross_validate: unknown option cv. Did you mean folds? The options are batch_size, class_weight, drop_last, early_stopping, epochs, executor, folds, groups, max_seconds, metrics, progress, repeats, sample_weight, shuffle, stratify, threads, validation_split."),
    "layers one by one": (lambda: gn.Sequential(gn.Dense(3), gn.ReLU()), "Sequential: the layers are separate arguments; they must be one list. Write Sequential([a, b])."),
    "layers one by one in a network": (lambda: gn.Network(gn.Dense(3), gn.Dense(2)), "Network: the layers are separate arguments; they must be one list. Write Network([a, b])."),
    "without names": (lambda: gn.Network([gn.Dense(3)], "mse", "adam"), "Network: arguments after layers need their names. Did you mean loss='mse', optimizer='adam'?"),
    "sep": (lambda: read_table("a.csv", sep=";"), "read_table: there is no argument sep. Did you mean separator?"),
    "na_values": (lambda: to_table({}, na_values=["-"]), "to_table: there is no argument na_values. Did you mean missing?"),
}  # fmt: skip


@pytest.mark.parametrize("case", ARGUMENTS)
def test_arguments_of_other_libraries(case: str) -> None:
    """An argument that does not exist is a TypeError, as in Python, with the argument that is meant or where it belongs."""
    call, message = ARGUMENTS[case]
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == message


ATTRIBUTES: dict[str, tuple[Callable[[], Any], str]] = {
    "Linear": (lambda: gn.Linear, "glassnet has no Linear. Did you mean Dense?"),
    "Conv2D": (lambda: gn.Conv2D, "glassnet has no Conv2D. This kind of layer is not here: "),
    "Conv2d": (lambda: glassnet.layers.Conv2d, "glassnet.layers has no Conv2d. This kind of layer is not here: "),
    "LSTM": (lambda: gn.LSTM, "glassnet has no LSTM. This kind of layer is not here: "),
    "Module": (lambda: gn.Module, "glassnet has no Module. Did you mean Network?"),
    "Model": (lambda: gn.Model, "glassnet has no Model. Did you mean Network?"),
    "nn": (lambda: gn.nn, "glassnet has no nn. Layers, losses and optimizers are in glassnet itself: "),
    "MSELoss": (lambda: gn.MSELoss, "glassnet has no MSELoss. Did you mean SquaredError?"),
    "CrossEntropyLoss": (lambda: glassnet.losses.CrossEntropyLoss, "glassnet.losses has no CrossEntropyLoss. Did you mean SoftmaxCrossEntropy?"),
    "BatchNorm1d": (lambda: gn.BatchNorm1d, "glassnet has no BatchNorm1d. Did you mean BatchNorm?"),
    "LayerNormalization": (lambda: gn.LayerNormalization, "glassnet has no LayerNormalization. Did you mean LayerNorm?"),
    "relu": (lambda: gn.relu, "glassnet has no relu. Did you mean ReLU?"),
    "Nadam": (lambda: gn.Nadam, "glassnet has no Nadam. This optimizer is not here: "),
    "RMSProp": (lambda: glassnet.optimizers.RMSProp, "glassnet.optimizers has no RMSProp. Did you mean RMSprop?"),
    "StepLR": (lambda: glassnet.schedules.StepLR, "glassnet.schedules has no StepLR. Did you mean StepDecay?"),
    "roc_auc": (lambda: glassnet.metrics.roc_auc_score, "glassnet.metrics has no roc_auc_score. Did you mean auc?"),
    "MLPClassifier": (lambda: gn.MLPClassifier, "glassnet has no MLPClassifier. It is in glassnet.sklearn: from glassnet.sklearn import MLPClassifier"),
    "TabularClasifier": (lambda: gn.tabular.TabularClasifier, "glassnet.tabular has no TabularClasifier. Did you mean TabularClassifier?"),
    "nothing near": (lambda: gn.quantum, "glassnet has no quantum."),
    "compile": (lambda: make().compile, "Network has no compile. Nothing is compiled: "),
    "train": (lambda: make().train, "Network has no train. Did you mean fit?"),
    "eval": (lambda: make().eval(), "Network has no eval. There is no mode to switch: "),
    "score": (lambda: make().score(X, Y), "Network has no score. Did you mean evaluate?"),
    "parameters": (lambda: make().parameters(), "Network has no parameters. Did you mean params?"),
    "predict_proba": (lambda: make().predict_proba(X), "Network has no predict_proba. predict returns probabilities "),
    "slip": (lambda: make().evalute(X, Y), "Network has no evalute. Did you mean evaluate?"),
    "compile of Sequential": (lambda: gn.Sequential([gn.Dense(1)]).compile(), "Sequential has no compile. A layer is trained in a network: "),
    "add of Sequential": (lambda: gn.Sequential([gn.Dense(1)]).add, "Sequential has no add. The layers inside are given at once: "),
    "history of History": (lambda: make().history.history, "History has no history. history['loss'] is a column, "),
}  # fmt: skip


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_classes_and_methods_of_other_libraries(case: str) -> None:
    """A name that does not exist is an AttributeError with the name that is meant, or a sentence on what is done here."""
    call, message = ATTRIBUTES[case]
    with pytest.raises(AttributeError) as caught:
        call()
    assert str(caught.value).startswith(message)
    assert str(caught.value)[-1] in ".?" or " import " in str(caught.value)


def test_names_that_python_asks_for() -> None:
    """What Python and other libraries ask an object for is answered briefly; properties keep their own errors."""
    net = make()
    for owner in (net, gn.Dense(2), net.history, gn):
        assert not hasattr(owner, "_repr_png_")
        assert not hasattr(owner, "__array__")
    with pytest.raises(AttributeError, match=r"^Network has no _repr_png_\.$"):
        net._repr_png_  # noqa: B018
    with pytest.raises(
        gn.NotFittedError,
        match=r"n_outputs: the network is not built: its input shape is unknown\. Call fit or build first\.",
    ):
        net.n_outputs  # noqa: B018


def test_signatures_and_copies_stay() -> None:
    """Constructors keep their signatures, objects their copies; a class of the user's own gets the sentences too."""
    assert [*inspect.signature(gn.Adam).parameters][:3] == ["learning_rate", "beta1", "beta2"]
    for made in (gn.Adam(0.1), gn.Dense(3), make(), make().history, gn.EarlyStopping(patience=3)):
        assert type(pickle.loads(pickle.dumps(made))) is type(copy.deepcopy(made)) is type(made)

    class Mine(gn.Adam):
        def __init__(self, learning_rate: float = 0.1) -> None:
            super().__init__(learning_rate)

    assert Mine(learning_rate=0.5).learning_rate == 0.5
    with pytest.raises(TypeError, match=r"^Mine: there is no argument lr\. Did you mean learning_rate\?$"):
        Mine(lr=0.5)


def test_submodules_are_there_without_an_import_of_their_own() -> None:
    """``gn.tabular``, ``gn.plots`` and the other rooms are found as attributes of the package."""
    for room in ("tabular", "plots", "datasets", "populations", "sklearn"):
        assert inspect.ismodule(getattr(gn, room))


# ---- what Keras and PyTorch allow, allowed here -------------------------------------------------------------------


def test_no_callbacks() -> None:
    """``callbacks=None`` is no callbacks, as leaving them out is; a class in place of an object is named."""
    assert make().fit(X, Y, epochs=1, callbacks=None).epochs == 1
    with pytest.warns(ConvergenceWarning):
        assert MLPClassifier((4,), max_iter=2, callbacks=None).fit(X, Y).n_iter_ == 2
    with pytest.raises(
        gn.ConfigError,
        match=r"callbacks has <class 'glassnet\.training\.snapshots\.Snapshots'>; they must be Callback objects or functions\. Write Snapshots\(\.\.\.\)\.",
    ):
        make().fit(X, Y, epochs=1, callbacks=[gn.Snapshots])


def test_a_patience_of_zero() -> None:
    """A patience of 0 stops at the first epoch without improvement, as 1 does, and never at one that improves."""
    ran = []
    for patience in (0, 1):
        net = gn.Network([gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(5.0), seed=0)
        rule = gn.EarlyStopping(patience=patience)
        history = net.fit(X / 24, Y, epochs=50, validation_split=0.25, early_stopping=rule, diagnose=False)
        ran.append(history["valid_loss"])
    assert ran[0] == ran[1]
    assert [a > b for a, b in zip(ran[0], ran[0][1:], strict=False)] == [True] * (len(ran[0]) - 2) + [False]


@pytest.mark.parametrize(
    "batches",
    [
        lambda: iter([(X, Y)]),
        lambda epoch: iter([(X, Y)]),
        lambda *anything: [(X, Y)],
        lambda epoch=3: [(X, Y)],
    ],
)
def test_functions_that_return_batches(batches: Callable[..., Any]) -> None:
    """A function that returns an iterator may take the epoch's number, or nothing: a generator function as it stands."""
    assert make().fit(batches, epochs=2, diagnose=False).epochs == 2


def test_a_generator_function() -> None:
    """The advice for a used-up generator can be followed literally: its function is taken, and begins anew each epoch."""

    def generate() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield X[:4], Y[:4]
        yield X[4:], Y[4:]

    with pytest.raises(gn.ConfigError, match=r"or a function that returns a new iterator\."):
        make().fit(generate(), epochs=2)
    assert make().fit(generate, epochs=3, diagnose=False).epochs == 3


@pytest.mark.parametrize(
    ("batches", "fact"),
    [
        (lambda a, b: iter([(X, Y)]), r"batches is <lambda>\(a, b\)"),
        (lambda batch_size=32: iter([(X, Y)]), r"batches is <lambda>\(batch_size=32\)"),
        (lambda *, rows: iter([(X, Y)]), r"batches is <lambda>\(\*, rows\)"),
    ],
)
def test_functions_with_other_arguments(batches: Callable[..., Any], fact: str) -> None:
    """The epoch's number is never passed as something else: a function of other arguments is refused with the way out."""
    must = "a function that makes batches must take the epoch's number or nothing"
    with pytest.raises(
        gn.ConfigError, match=rf"^fit: {fact}; {must}\. Write what is meant: lambda epoch: <lambda>\(\.\.\.\)$"
    ):
        make().fit(batches, epochs=2)


# ---- arrays and frames that do not fit ----------------------------------------------------------------------------

FRAME = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0], "city": list("xyxy"), "since": pd.to_datetime(["2020-01-01"] * 4)})
LABELS = "Code labels from 0: labels, y = np.unique(y, return_inverse=True). TabularClassifier takes them as they are."
ROWS = "X has shape (3,); it must be (n, 3): one row per sample."


def built(*shape: int) -> gn.Network:
    """Return a network for samples of this shape."""
    return gn.Network([gn.Flatten(), gn.Dense(2)], loss="cross_entropy", input_shape=shape)


SHAPES: dict[str, tuple[Callable[[], Any], str]] = {
    "one row": (lambda: built(3).predict(np.zeros(3)), f"{ROWS} For one row: X.reshape(1, -1)"),
    "one row to evaluate": (lambda: built(3).evaluate(np.zeros(3), [0]), f"{ROWS} For one row: X.reshape(1, -1)"),
    "a list": (lambda: built(3).predict([1, 2, 3]), f"{ROWS} For one row: [X]"),
    "a column": (lambda: built(1).predict(np.zeros(5)), "X has shape (5,); it must be (n, 1): one row per sample. For one feature: X.reshape(-1, 1)"),
    "neither": (lambda: built(3).predict(np.zeros(5)), "X has shape (5,); it must be (n, 3): one row per sample."),
    "a number": (lambda: built(3).predict(1.0), "X has shape (); it must be (n, 3): one row per sample."),
    "one picture": (lambda: built(2, 2).predict(np.zeros((2, 2))), "X has shape (2, 2); it must be (n, 2, 2): one row per sample. For one row: X[None]"),
    "other features": (lambda: built(3).predict(np.zeros((2, 4))), "X has shape (2, 4); it must be (n, 3): one row per sample. The network was built for such samples."),
    "not known": (lambda: make().fit(np.zeros(4), Y[:4], epochs=1), "X has shape (4,); it must have at least 2 dimensions, one sample per row. For one feature: X.reshape(-1, 1), for one row: X.reshape(1, -1)"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES)
def test_one_row_or_one_feature(case: str) -> None:
    """A row alone is answered with how it is written as a table of one row, a column alone as a table of one feature."""
    call, message = SHAPES[case]
    with pytest.raises(gn.ShapeError) as caught:
        call()
    assert str(caught.value).partition(": ")[2] == message


@pytest.mark.parametrize(
    "frame",
    [FRAME, pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME, preserve_index=False)],
    ids=["pandas", "polars", "pyarrow"],
)
@pytest.mark.parametrize(
    "fit", [lambda X: make().fit(X, [0, 1, 0, 1], epochs=1), lambda X: MLPClassifier().fit(X, [0, 1, 0, 1])]
)
def test_columns_that_are_no_numbers(frame: Any, fit: Callable[[Any], Any]) -> None:
    """All columns of a frame that hold no numbers are named with a cell, and the estimators that take them."""
    with pytest.raises(gn.DataError) as caught:
        fit(frame)
    words = str(caught.value)
    assert "X holds 'x' in column 'city', " in words
    assert (
        " in column 'since'; it must be numeric. Code text and categories as numbers first, or leave them out; "
        in words
    )
    assert words.endswith("TabularClassifier and TabularRegressor of glassnet.tabular take such columns as they are.")


def test_missing_cells_of_a_frame() -> None:
    """A missing cell is named with its row's position and its column's name."""
    with pytest.raises(
        gn.DataError,
        match=r"X holds nan at row 1, column 'a'; it must be finite\. Fill or drop missing values first\.$",
    ):
        make().fit(pd.DataFrame({"b": [1, 2], "a": [1.0, np.nan]}), [0, 1], epochs=1)


@pytest.mark.parametrize(("labels", "got"), [(["a", "b"], "text"), (np.array(["a", "b"], dtype=object), "'a'")])
def test_labels_that_are_text(labels: Any, got: str) -> None:
    """Labels that are text are answered with how they become codes."""
    with pytest.raises(gn.DataError) as caught:
        make().fit(np.zeros((2, 3)), labels, epochs=1)
    assert str(caught.value) == f"fit: y holds {got}; it must be numeric. {LABELS}"


VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    "inputs and outputs": (lambda: gn.Dense(10, 5), "activation is 5; it must be one of 'elu', 'gelu', 'identity', 'leaky_relu', 'mish', 'relu', 'selu', 'sigmoid', 'silu', 'softmax', 'softplus', 'tanh'. A layer takes the number of its outputs alone: inputs are counted by themselves."),
    "a class": (lambda: gn.Dense(10, gn.ReLU), ". Write ReLU()."),
    "a rate": (lambda: gn.Network([gn.Dense(1)], loss="huber", optimizer=0.1), "optimizer is 0.1; it must be one of 'adagrad', 'adam', 'adamw', 'lion', 'rmsprop', 'sgd'. For a learning rate write gn.Adam(0.1)."),
    "sizes as text": (lambda: MLPClassifier(hidden_layer_sizes="(5,3)").fit(X, Y), "MLPClassifier: hidden_layer_sizes is '(5,3)'; it must be a whole number of at least 1, or a tuple of them. Text is not read as numbers."),
    "fractions": (lambda: MLPClassifier(hidden_layer_sizes=(5, 2.5)).fit(X, Y), "hidden_layer_sizes is (5, 2.5); it must be a whole number of at least 1, or a tuple of them."),
    "early stopping": (lambda: make().fit(X, Y, epochs=1, callbacks=[gn.EarlyStopping()]), " Pass it as early_stopping=EarlyStopping(...)."),
    "val_loss": (lambda: make().fit(X, Y, epochs=1, validation_split=0.5, early_stopping=gn.EarlyStopping("val_loss")), "EarlyStopping: the history has no 'val_loss' to monitor. Did you mean 'valid_loss'? Its columns are 'loss', 'valid_accuracy', 'valid_loss'."),
    "val_acc": (lambda: make().fit(X, Y, epochs=1, validation_split=0.5, early_stopping=gn.EarlyStopping("val_acc")), " Did you mean 'valid_accuracy'?"),
    "valid_auc": (lambda: make().fit(X, Y, epochs=1, validation_split=0.5, early_stopping=gn.EarlyStopping("valid_auc")), " Pass metrics=['auc'] to fit."),
    "val_loss without": (lambda: make().fit(X, Y, epochs=1, early_stopping=gn.EarlyStopping("val_loss")), "the history has no 'val_loss' to monitor. Pass validation_data or validation_split. Its columns are 'loss'."),
    "history of epochs": (lambda: make().fit(X, Y, epochs=1, diagnose=False)["epoch"], "History: unknown column 'epoch'. The choices are 'learning_rate', 'loss'. history.epochs is the number of epochs."),
    "history": (lambda: make().fit(X, Y, epochs=1, diagnose=False)["val_loss"], "History: unknown column 'val_loss'. Pass validation_data or validation_split. The choices are 'learning_rate', 'loss'."),
    "xavier": (lambda: gn.Dense(3, initializer="xavier"), "unknown initializer 'xavier'. Did you mean 'glorot_uniform'? The choices are 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'lecun_uniform', 'normal', 'ones', 'orthogonal', 'quarter', 'signs', 'tutorial', 'uniform', 'zeros'."),
    "kaiming": (lambda: gn.Dense(3, initializer="kaiming_normal"), "unknown initializer 'kaiming_normal'. Did you mean 'he_normal'? The choices are 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'lecun_uniform', 'normal', 'ones', 'orthogonal', 'quarter', 'signs', 'tutorial', 'uniform', 'zeros'."),
    "a number as a schedule": (lambda: MLPClassifier(learning_rate=0.1).fit(X, Y), "learning_rate is 0.1; it must be one of 'adaptive', 'constant', 'invscaling'. Pass learning_rate_init=0.1."),
    "a network to sweep": (lambda: gn.sweep(make(), {"lr": [0.1]}, X, Y, epochs=1), "sweep: build is of type Network; it must be a function that returns a network."),
    "rows as settings": (lambda: gn.sweep(make, X, Y, {"lr": [0.1]}, epochs=1), "sweep: settings is of type ndarray; it must be a dict of lists, or a list of dicts, from names of build's arguments to values."),
    "a frame as a path": (lambda: read_table(FRAME), "read_table: path is of type DataFrame; it must be a str or a Path. For a frame there is to_table."),
    "pr_auc": (lambda: make().fit(X, Y, epochs=1, validation_split=0.5, metrics="pr_auc"), "unknown metric 'pr_auc'. Average precision is not here; 'auc' is the area under the ROC curve. The choices are 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss'. These are the metrics of loss='cross_entropy'."),
}  # fmt: skip


@pytest.mark.parametrize("case", VALUES)
def test_values_of_other_libraries(case: str) -> None:
    """A value that another library takes is answered with the one that is meant, or the way to what is meant."""
    call, message = VALUES[case]
    with pytest.raises(gn.ConfigError) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gn.Network([gn.Dense(1)]), "Network: loss is missing."),
        (lambda: gn.Dense(), "Dense: units is missing."),
        (lambda: make().predict(), "predict: X is missing."),
        (lambda: make().fit(X, Y), "fit: epochs is missing."),
        (lambda: make().fit(X, Y, n_epochs=3), "fit: there is no argument n_epochs. Did you mean epochs?"),
        (lambda: make().fit(X, Y, max_iter=3), "fit: there is no argument max_iter. Did you mean epochs?"),
        (lambda: make().fit(X, Y, 3), "fit: arguments after y need their names. Did you mean epochs=3?"),
        (lambda: gn.cross_validate(make(), X, Y, cv=3), "cross_validate: there is no argument cv. Did you mean folds?"),
        (lambda: gn.Population(make(), 2).fit(X, Y), "fit: epochs is missing."),
        (lambda: gn.Adam(0.1, 0.9), "Adam: arguments after learning_rate need their names. Did you mean beta1=0.9?"),
    ],
)
def test_arguments_that_are_missing_or_without_a_name(call: Callable[[], Any], message: str) -> None:
    """What Python says of a constructor that nobody called is said of the class."""
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_errors_inside_a_constructor_stay() -> None:
    """A TypeError from inside a constructor, or a function of the user's, is left as it is."""

    class Broken(gn.Adam):
        def __init__(self) -> None:
            super().__init__()
            len(3)

    with pytest.raises(TypeError, match=r"object of type 'int' has no len\(\)"):
        Broken()


# ---- advice after a training --------------------------------------------------------------------------------------


def test_the_epoch_that_was_kept_is_the_one_that_is_told() -> None:
    """Where early stopping chose another epoch than that of the lowest loss, the finding says which, and what to watch."""
    rng = np.random.default_rng(3)
    noise, wide = (
        rng.standard_normal((300, 10)),
        gn.Network([gn.Dense(64, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0),
    )
    labels = (noise[:, 0] + rng.standard_normal(300) > 0).astype(int)
    rule = gn.EarlyStopping("valid_accuracy", patience=100)
    with pytest.warns(gn.DiagnosisWarning, match="worse-than-linear"):
        history = wide.fit(noise, labels, epochs=60, validation_split=0.3, early_stopping=rule)
    found = next(finding for finding in history.findings if finding.code == "overfit")
    best = int(np.argmin(history["valid_loss"])) + 1
    assert history.best_epoch != best == found.epoch
    kept = (
        f"early stopping on 'valid_accuracy' kept the weights of epoch {history.best_epoch}, whose validation loss is "
    )
    assert found.tried.startswith(kept)
    assert found.advice.startswith("Use EarlyStopping('valid_loss') if the probabilities matter;")


@pytest.mark.parametrize(("rate", "way"), [(1e-4, "Raise"), (50.0, "Lower")])
def test_a_poor_fit_says_which_way_the_rate_should_go(rate: float, way: str) -> None:
    """A loss that was still falling when a score stopped the training asks for a higher rate, one that rose for a lower."""
    rng = np.random.default_rng(0)
    inputs = np.c_[rng.standard_normal((240, 2)), rng.integers(0, 2, (240, 2))]
    labels = (inputs[:, 0] + inputs[:, 1] * inputs[:, 2] > 0).astype(int)
    with pytest.warns(PoorFitWarning) as caught:
        MLPClassifier((8,), early_stopping=True, random_state=0, learning_rate_init=rate).fit(inputs, labels)
    assert f" {way} learning_rate_init (now {rate:g})" in " ".join(str(caught[0].message).split())


def test_the_head_of_a_diagnosis_counts() -> None:
    """A diagnosis begins with how many problems and notes there are."""
    note, error = make_finding("imbalance", "a"), make_finding("single-class", "b")
    heads = {repr(Diagnosis(each)).partition("\n")[0] for each in ([], [note], [error], [note, error])}
    assert heads == {"nothing wrong was found", "no warnings, 1 note", "1 problem found", "1 problem found, 1 note"}


@pytest.mark.parametrize("n_ensemble", [1, 2])
def test_a_recipe_that_diverges_names_no_learning_rate(n_ensemble: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimator whose networks diverge advises what it has: another recipe or random state."""
    wild = replace(RECIPES["small"], optimizer=lambda design: gn.AdamW(1e30))
    monkeypatch.setitem(RECIPES, "small", wild)
    with pytest.raises(gn.DivergenceError, match=r"\. Try another recipe, or another random_state\.$"):
        TabularClassifier("small", n_ensemble=n_ensemble, epochs=20).fit(np.tile(X, (10, 1)), np.tile(Y, 10))


@pytest.mark.parametrize(
    ("X", "y", "advice"),
    [
        (
            FRAME,
            "city",
            "y is of type str; y should be a 1d array, with one target for each row. Pass the column itself: X.pop('city')",
        ),
        (
            "penguins",
            "species",
            "X is the text 'penguins'; it must be a table. Read the file first: read_table('penguins')",
        ),
    ],
)
def test_estimators_take_data_not_names(X: Any, y: str, advice: str) -> None:
    """The name of a column or of a file in the place of the data is answered with how to get them."""
    with pytest.raises(gn.DataError) as caught:
        TabularClassifier().fit(X, y)
    assert str(caught.value).partition(": ")[2] == advice


def test_a_patience_of_zero_for_a_schedule() -> None:
    """A plateau of no epochs is one of one epoch."""
    rates = []
    for patience in (0, 1):
        rate = gn.ReduceOnPlateau(0.1, patience=patience, monitor="loss")
        net = gn.Network([gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(rate), seed=0)
        rates.append(net.fit(X, Y, epochs=30, diagnose=False)["learning_rate"])
    assert rates[0] == rates[1]
    assert rates[0][-1] < 0.1


# ---- what messages advise -----------------------------------------------------------------------------------------

_ADVICE = re.compile(r"(?:[Pp]ass|[Uu]se|[Ww]rite|[Gg]ive|[Ll]eave|[Ll]ower|[Rr]aise|with|to) (?:[\w.]+\()?(\w+)=")


def _arguments() -> set[str]:
    """Return the names of all arguments of functions, classes and methods of the package."""
    found: set[str] = set()
    seen: set[int] = set()  # most are imported by many modules
    for _, name, _ in pkgutil.walk_packages(gn.__path__, "glassnet."):
        if not name.endswith("__main__"):
            for each in vars(importlib.import_module(name)).values():
                members = (
                    [each, *(vars(each).values() if inspect.isclass(each) else ())] if id(each) not in seen else []
                )
                seen.add(id(each))
                for callable_ in filter(lambda one: inspect.isfunction(one) or inspect.isclass(one), members):
                    with suppress(TypeError, ValueError):
                        found |= set(inspect.signature(callable_).parameters)
    return found


def test_arguments_that_messages_name_exist() -> None:
    """Every argument that a message advises to pass is one of some function or class of the package."""
    advised: dict[str, str] = {}
    for path in sorted(Path(gn.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text())
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [
            n.value
            for n in ast.walk(tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs
        ]
        advised |= {name: f"{path.name}: {text[:80]}" for text in texts for name in _ADVICE.findall(text)}
    assert len(advised) > 20
    known = _arguments() | {"keepdims", "asynchronous"}  # of NumPy and Dask
    assert {name: where for name, where in advised.items() if name not in known} == {}
