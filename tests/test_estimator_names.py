"""Errors of estimators name what the user called, and arguments that do not fit are answered with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import glassnet as gn
from glassnet.tabular import TabularClassifier, TabularRegressor

FRAME = pd.DataFrame({"a": np.linspace(-1.0, 1.0, 60), "island": list("xyz") * 20})
SPECIES = pd.Series(np.where(FRAME["a"] > 0, "A", "B"), name="species")


@pytest.mark.filterwarnings("ignore")
def test_a_target_left_in_the_frame_is_named() -> None:
    """A frame without the target that was in X of the fit is answered with that, not with a name made up inside."""
    model = TabularClassifier(recipe="small", epochs=1).fit(FRAME.assign(species=SPECIES), SPECIES)
    calls: list[Callable[[], Any]] = [
        lambda: model.predict(FRAME), lambda: model.report(FRAME, SPECIES), lambda: model.plot_confusion(FRAME, SPECIES),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(gn.DataError) as caught:
            call()
        assert str(caught.value) == (
            "TabularClassifier: the frame lacks the column 'species' that the model needs. "
            "'species' was in X beside y, which is called the same. Train without it: X.drop(columns='species')."
        )


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
@pytest.mark.parametrize(
    ("name", "advice"),
    [("model", "Did you mean recipe?"), ("criterion", "It is part of the recipe; gn.Network trains layers of your own."),
     ("features", "All columns are used but those that are left out with read={'name': 'drop'}.")],
)  # fmt: skip
def test_estimators_name_no_option_of_the_command_line(kind: Any, name: str, advice: str) -> None:
    """What is advised in Python can be written in Python."""
    with pytest.raises(TypeError) as caught:
        kind(**{name: 1})
    assert str(caught.value) == f"{kind.__name__}: there is no argument {name}. {advice}"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: net.report([[1.0]]), "report: y is missing."),
        (lambda net: net.plot_history(metric="accuracy"), "plot_history: there is no argument metric. Did you mean column?"),
        (lambda net: net.plot_confusion([[1.0]]), "plot_confusion: y is missing."),
    ],
)  # fmt: skip
def test_methods_answer_wrong_arguments(call: Callable[[Any], Any], message: str) -> None:
    """The method is called by its own name, not by that of the class that holds it."""
    with pytest.raises(TypeError) as caught:
        call(gn.Network([gn.Dense(2)], loss="cross_entropy", input_shape=1))
    assert str(caught.value) == message
