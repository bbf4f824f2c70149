"""What is suggested for words that are none of ours: one table, one limit, and silence where nothing is near."""

from __future__ import annotations

import re

import pytest

import glassnet as gn
from glassnet.cli.app import COMMANDS
from glassnet.layers.activations.by_name import ACTIVATIONS
from glassnet.losses import LOSSES
from glassnet.metrics import GREATER_IS_BETTER, LOWER_IS_BETTER
from glassnet.optimizers import OPTIMIZERS
from glassnet.training.options import FitOptions
from glassnet.utils.absences import ABSENT
from glassnet.utils.suggestions import nearest, nearest_file, suggestion
from glassnet.utils.synonyms import SAME

METRICS = sorted(GREATER_IS_BETTER | LOWER_IS_BETTER)
FIT = sorted(FitOptions.__annotations__)
PROBLEMS = ("and", "or", "xor")
RECIPES = ("plain", "realmlp", "small", "tabm", "tabm-mini")
ADAM = ("beta1", "beta2", "clip_norm", "ema", "eps", "eps_form", "learning_rate")
HISTORY = ("loss", "learning_rate", "valid_loss", "valid_accuracy")

MEANT = [
    (ACTIVATIONS, {"swish": "silu", "linear": "identity", "logistic": "sigmoid", "ReLU": "relu", "leakyReLU": "leaky_relu", "rleu": "relu", "geul": "gelu"}),
    (LOSSES, {"mse": "squared_error", "MSELoss": "squared_error", "mae": "absolute_error", "l1": "absolute_error", "bce": "binary_cross_entropy",
              "BCEWithLogitsLoss": "binary_cross_entropy", "binary_crossentropy": "binary_cross_entropy", "categorical_crossentropy": "cross_entropy",
              "CrossEntropyLoss": "cross_entropy", "nll_loss": "cross_entropy", "softmax": None, "focal": "focal_cross_entropy", "smooth_l1": "huber",
              "pinball": "quantile", "GaussianNLLLoss": "gaussian_nll", "squared_eror": "squared_error"}),
    (METRICS, {"acc": "accuracy", "roc_auc": "auc", "AUROC": "auc", "mse": "rmse", "mean_absolute_error": "mae", "f1_score": "f1", "r2_score": "r2",
               "brier_score_loss": "brier", "logloss": "log_loss", "acuracy": "accuracy"}),
    (OPTIMIZERS, {"Adam": "adam", "admaw": "adamw", "gd": "sgd", "RMSProp": "rmsprop"}),
    (FIT, {"verbose": "progress", "patience": "early_stopping", "workers": "threads", "n_jobs": "threads", "val_split": "validation_split",
           "batchsize": "batch_size", "eval_set": "validation_data", "steps": "steps_per_epoch", "callback": "callbacks", "time_limit": "max_seconds"}),
    (ADAM, {"lr": "learning_rate", "eta": "learning_rate", "epsilon": "eps", "beta_1": "beta1", "clipnorm": "clip_norm", "max_grad_norm": "clip_norm",
            "momentum": "beta1", "learing_rate": "learning_rate"}),
    (HISTORY, {"val_loss": "valid_loss", "validation_loss": "valid_loss", "val_acc": "valid_accuracy", "acc": "valid_accuracy", "lr": "learning_rate"}),
    (COMMANDS, {"fit": "train", "trian": "train", "eval": "evaluate", "info": "show", "inference": "predict", "shap": "explain", "pedict": "predict"}),
    (("auto", "classification", "regression"), {"classify": "classification", "binary": "classification", "regresion": "regression"}),
    (RECIPES, {"realmpl": "realmlp", "tabm_mini": "tabm-mini", "mlp": "realmlp", "TabM": "tabm"}),
    (PROBLEMS, {"XOR": "xor", "xro": "xor"}),
]  # fmt: skip


@pytest.mark.parametrize(("choices", "words"), MEANT)
def test_words_of_other_libraries_and_slips(choices: tuple[str, ...], words: dict[str, str | None]) -> None:
    """A word of another library, or a slip, is answered with the choice that is meant."""
    wanted = {word: "" if near is None else f"Did you mean {near!r}?" for word, near in words.items()}
    assert {word: suggestion(word, choices) for word in words} == wanted


SILENT = [
    (PROBLEMS, ("xnor", "nand", "nor", "not", "adder")),
    (METRICS, ("top_k", "kappa", "time")),
    (RECIPES, ("xgboost", "lightgbm", "resnet")),
    (COMMANDS, ("deploy", "publish", "hello")),
    (ACTIVATIONS, ("maxout", "x", "")),
    (("help",), ("model", "--model", "hlp_me")),
    (("auc", "accuracy"), ("rmse", "loss")),
    (OPTIMIZERS, ("SGDM2000", "evolution")),
]


@pytest.mark.parametrize(("choices", "words"), SILENT)
def test_what_is_not_near_is_not_suggested(choices: tuple[str, ...], words: tuple[str, ...]) -> None:
    """A word with another meaning is no slip, however it is spelled, and nothing is suggested for it."""
    assert {word: suggestion(word, choices) for word in words} == dict.fromkeys(words, "")


@pytest.mark.parametrize(
    ("word", "choices", "part"),
    [
        ("pr_auc", METRICS, "Average precision is not here; 'auc' is the area under the ROC curve."),
        ("average_precision", METRICS, "Average precision is not here"),
        ("precision", METRICS, "Precision and recall are not here"),
        ("recall", METRICS, "Precision and recall are not here"),
        ("betas", ADAM, "beta1=0.9, beta2=0.999"),
        ("amsgrad", ADAM, "AMSGrad is not here."),
        ("weight_decay", ADAM, "AdamW"),
        ("clipvalue", ADAM, "clip_norm"),
        ("nesterov", ADAM, "SGD"),
        ("lr", FIT, "optimizer=gn.Adam(0.01)"),
        ("loss", FIT, "belongs to the network"),
        ("lbfgs", OPTIMIZERS, "not here"),
        ("val_loss", ("loss", "learning_rate"), "Pass validation_data or validation_split."),
        ("linear", RECIPES, "--layers none"),
    ],
)
def test_what_is_not_here_is_said(word: str, choices: tuple[str, ...], part: str) -> None:
    """A word for something that is not here, or is elsewhere, gets a sentence and no other choice."""
    assert part in suggestion(word, choices)
    assert "Did you mean" not in suggestion(word, choices)


@pytest.mark.parametrize(
    ("word", "choices", "near"),
    [
        ("sepal length", ["sepal_length", "sepal_width"], "sepal_length"),
        ("bill_length", ["bill_length_mm", "bill_depth_mm"], "bill_length_mm"),
        ("income", ["household_income", "age"], "household_income"),
        ("Preis", ["Preis (EUR)", "Menge"], "Preis (EUR)"),
        ("B ", ["b"], "b"),
        ("价格", ["数量"], None),
        ("a", ["b"], None),
        ("x1", ["x2"], None),
        ("sex", ["age"], None),
        ("lr", ["rate"], None),
        ("length", ["bill_length", "flipper_length"], None),
        ("%", ["&"], None),
        ("y" * 500, ["y"], None),
    ],
)
def test_names_of_users_are_compared_by_spelling_alone(word: str, choices: list[str], near: str | None) -> None:
    """A column is suggested if its name is spelled alike or alone contains the word; no synonym counts."""
    assert nearest(word, choices) == near


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("godo.csv", "good.csv"),
        ("GOOD.csv", "good.csv"),
        ("good.tsv", "good.csv"),
        ("good", "good.csv"),
        ("titanic.csv", None),
        ("b.csv", None),
        ("income_2020.csv", None),
        ("incme.parquet", None),
        ("model.safetensor", "model.safetensors"),
    ],
)
def test_files(name: str, near: str | None) -> None:
    """Endings, which files have in common, make no name similar to another."""
    assert nearest_file(name, ["a.csv", "good.csv", "income.csv", "model.safetensors"]) == near


def test_many_choices_take_little_time() -> None:
    """A word is compared with all of 20,000 names that begin alike, and the nearest is found."""
    names = [f"feature_{i:05d}_mean" for i in range(20_000)]
    assert nearest("feature_07777_maen", names) == "feature_07777_mean"


def test_the_table_has_no_loose_ends() -> None:
    """Every group has at least two words, none twice, and a sentence ends as a sentence, or is a line to write."""
    for group in SAME:
        assert len(group) == len(set(group)) > 1, group
    for place, words, sentence in ABSENT:
        assert place
        assert words.split()
        assert not sentence or sentence[-1] in ".?" or re.search(r": \S.*$", sentence), sentence


def test_only_what_is_a_choice_is_suggested() -> None:
    """A metric that the loss does not have is not suggested, whatever other libraries call it."""
    net = gn.Network([gn.Dense(1)], loss="squared_error")
    with pytest.raises(gn.ConfigError) as caught:
        net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1, metrics="acc")
    assert str(caught.value) == (
        "fit: unknown metric 'acc'. The choices are 'mae', 'r2', 'rmse'. These are the metrics of loss='squared_error'."
    )


@pytest.mark.parametrize(
    ("word", "near"),
    [("lerning-rate", "rate"), ("bach_size", "batch"), ("hiden_units", "layers"), ("model_name", None), ("name", None)],
)
def test_slips_in_words_of_other_libraries(word: str, near: str | None) -> None:
    """A long word of another library is recognised with a slip, a short one is not."""
    assert suggestion(word, ["rate", "batch", "layers", "out"], str) == (
        "" if near is None else f"Did you mean {near}?"
    )
