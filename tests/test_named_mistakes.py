"""Mistakes in a learner's back-propagation have the same name in every layout, and no other name beside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import glassnet as gn
from wrong_programs import Program, Setting

SETTINGS = {
    "binary": Setting((3, 5, 1), "tanh", "sigmoid", "binary"),
    "course": Setting((4, 6, 3), "relu", "softmax", "classes", "columns"),
    "mixed": Setting((4, 5, 5, 3), "leaky 0.01", "softmax", "classes", "mixed"),
    "regression": Setting((3, 6, 2), "sigmoid", "identity", "squares", "rows", "list"),
    "one output": Setting((4, 5, 5, 1), "tanh", "identity", "squares", "columns"),
    "deep": Setting((3, 5, 5, 5, 2), "elu", "sigmoid", "binary", "turned", "list"),
    "labels": Setting((4, 4, 4, 4, 3), "tanh", "softmax", "classes", "labels", "object"),
    "two classes": Setting((3, 6, 2), "relu", "softmax", "classes", "mixed"),
    "swish": Setting((3, 5, 2), "silu", "identity", "squares", "mixed"),
    "bounded": Setting((3, 5, 2), "softplus", "tanh", "squares", "rows", "arguments"),
    "odds": Setting((3, 5, 5, 2), "gelu", "sigmoid", "squares", "columns"),
    "logits": Setting((3, 5, 3), "relu", "identity", "logits"),
    "shares": Setting((3, 5, 3), "sigmoid", "softmax", "squares"),
    "distances": Setting((3, 5, 2), "leaky 0.07", "identity", "distances", "turned"),
    "pixels": Setting((6, 5, 5, 1), "leaky 0.2", "sigmoid", "binary", "mixed", "object"),
    "roots": Setting((3, 5, 2), "tanh", "identity", "roots", "columns"),
    "root": Setting((3, 4, 4, 1), "relu", "sigmoid", "roots", "mixed", "object"),
    "squares": Setting((5, 5, 5, 5), "sigmoid", "softmax", "classes", "columns"),
}


class Mistake(NamedTuple):
    """A mistake, the kind that names it, and where it is made."""

    mistake: str
    kind: str
    where: tuple[str, ...]
    penalty: float = 0.0


MISTAKES = (
    # at the output
    Mistake("squares' slope", "squared_error_gradient", ("binary", "course", "mixed", "deep", "labels", "pixels")),
    Mistake("squares' slope twice", "squared_error_gradient", ("course", "pixels", "labels")),
    Mistake("no derivative at the output", "cross_entropy_gradient", ("odds", "shares")),
    Mistake("no derivative at the output", "derivative_forgotten", ("bounded",)),
    Mistake("softmax as a diagonal", "softmax_diagonal", ("course", "mixed", "labels", "shares", "two classes")),
    Mistake("p - 1 for every class", "targets_for_every_class", ("course", "mixed", "logits", "labels")),
    Mistake("dscores[:, y] -= 1", "targets_for_every_class", ("squares", "labels", "logits")),
    Mistake("y averaged", "targets_averaged", ("binary", "regression", "one output")),
    Mistake("y averaged by column", "targets_averaged", ("regression", "mixed", "swish", "odds")),
    Mistake("error without sign", "error_without_sign", ("regression", "one output", "swish", "binary")),
    Mistake("sign of the error", "other_loss_gradient", ("regression", "one output", "swish")),
    Mistake("squares passed back", "loss_for_slope", ("regression", "one output", "binary")),
    Mistake("loss passed back", "loss_for_slope", ("binary", "course", "mixed")),
    Mistake("binary slope", "other_loss_gradient", ("course", "mixed", "labels")),
    Mistake("half of the slope", "gradient_lacks_a_term", ("binary", "deep", "pixels")),
    Mistake("sign slip in the slope", "gradient_sign_slip", ("binary", "deep", "pixels")),
    Mistake("labels for one-hot", "labels_not_one_hot", ("course", "mixed", "labels", "logits")),
    Mistake("argmax", "hard_predictions", ("course", "labels", "mixed")),
    Mistake("rounded", "hard_predictions", ("binary", "pixels")),
    Mistake("y left out", "targets_ignored", ("binary", "mixed", "one output", "labels", "logits")),
    Mistake("y added", "targets_added", ("course", "swish", "pixels", "odds")),
    Mistake("y shifted", "targets_misaligned", ("mixed", "one output", "bounded", "logits")),
    Mistake("error averaged", "errors_averaged", ("binary", "regression", "mixed", "swish")),
    Mistake("Z - Y", "activation_left_out", ("binary", "course", "mixed", "labels")),
    Mistake("softmax again", "double_softmax", ("course", "mixed", "labels")),
    Mistake("logits for probabilities", "output_error_only", ("logits",)),
    Mistake("last row", "one_row_only", ("course", "swish", "pixels", "odds")),
    Mistake("output slope at A", "derivative_of_activation", ("odds", "bounded")),
    Mistake("output slope in A of Z", "derivative_of_input", ("odds", "bounded")),
    Mistake("output one minus A", "derivative_slip", ("odds", "bounded")),
    Mistake("output of another", "derivative_of_another", ("odds", "bounded")),
    Mistake("softmax over the samples", "softmax_over_samples", ("course", "mixed", "labels")),
    Mistake("softmax over everything", "softmax_over_samples", ("course", "mixed", "labels")),
    Mistake("A - Y / n", "precedence_slip", ("binary", "mixed", "odds", "one output")),
    Mistake("A / n - Y", "precedence_slip", ("course", "pixels", "swish")),
    # factors
    Mistake("loss summed", "averaged_not_summed", ("binary", "mixed", "deep", "distances")),
    Mistake("not averaged", "summed_not_averaged", ("course", "swish", "labels", "logits")),
    Mistake("divided twice", "averaged_not_summed", ("mixed", "regression", "odds")),
    Mistake("by the outputs too", "constant_factor", ("mixed", "swish", "shares")),
    Mistake("by 32", "fixed_row_count", ("mixed", "bounded", "pixels")),
    Mistake("gradient of the square", "other_loss_gradient", ("roots", "root")),
    Mistake("factor 2", "constant_factor", ("two classes", "one output", "distances")),
    Mistake("targets minus predictions", "wrong_sign", ("mixed", "regression", "odds", "logits")),
    Mistake("whole gradient negative", "wrong_sign", ("mixed", "deep")),
    # activations
    Mistake(
        "derivative forgotten",
        "derivative_forgotten",
        ("binary", "course", "mixed", "deep", "swish", "bounded", "labels", "distances", "two classes"),
    ),
    Mistake("derivative forgotten in the first layer", "derivative_forgotten", ("mixed", "deep", "labels", "odds")),
    Mistake(
        "derivative at A",
        "derivative_of_activation",
        ("binary", "regression", "one output", "labels", "bounded", "swish", "squares"),
    ),
    Mistake("derivative in A taken of Z", "derivative_of_input", ("binary", "regression", "labels", "squares")),
    Mistake("derivative of relu", "derivative_of_another", ("mixed", "swish", "deep", "binary", "odds", "pixels")),
    Mistake("derivative of sigmoid", "derivative_of_another", ("course", "one output", "deep", "swish")),
    Mistake("derivative of tanh", "derivative_of_another", ("regression", "two classes", "pixels", "odds")),
    Mistake("derivative of leaky 0.2", "derivative_of_another", ("mixed", "course", "distances")),
    Mistake("derivative of leaky 0.07", "derivative_of_another", ("mixed", "course", "pixels", "two classes")),
    Mistake("derivative of elu", "derivative_of_another", ("course", "mixed", "bounded")),
    Mistake("derivative of silu", "derivative_of_another", ("odds", "course", "binary")),
    Mistake("derivative of gelu", "derivative_of_another", ("swish", "labels")),
    Mistake("derivative of softplus", "derivative_of_another", ("course", "swish")),
    Mistake("tanh's slope in A", "derivative_of_another", ("regression", "course", "deep")),
    Mistake("sigmoid's slope in A", "derivative_of_another", ("binary", "mixed", "swish")),
    Mistake("one minus A", "derivative_slip", ("binary", "one output", "labels", "regression", "squares")),
    Mistake("one plus A squared", "derivative_slip", ("binary", "labels")),
    Mistake("A times one plus A", "derivative_slip", ("regression", "squares")),
    Mistake("A and Z mixed up", "derivative_slip", ("regression", "squares")),
    Mistake("activation for slope", "activation_for_derivative", ("binary", "course", "mixed", "swish", "deep")),
    Mistake("slope squared", "derivative_twice", ("binary", "regression", "deep", "bounded", "odds")),
    Mistake("mask turned round", "derivative_slip", ("course", "two classes", "logits")),
    Mistake("mask from the slope", "derivative_of_slope", ("course", "two classes", "logits")),
    Mistake("mask of both", "derivative_of_slope", ("course", "two classes", "logits")),
    Mistake("slope of the slope", "derivative_of_slope", ("binary", "mixed", "swish", "labels")),
    Mistake("slope of the slope in A", "derivative_of_slope", ("binary", "regression", "labels")),
    Mistake("slope at the next layer", "derivative_of_another_layer", ("mixed", "one output", "labels", "deep")),
    # the way back
    Mistake("not transposed", "transposed_weights", ("mixed", "one output", "labels", "deep", "squares")),
    Mistake("weights of the layer below", "weights_of_another", ("labels", "deep", "squares")),
    Mistake("weights of the layer below turned", "weights_of_another", ("labels", "deep", "squares")),
    Mistake("weights left out", "weights_left_out", ("binary", "course", "mixed", "swish", "labels")),
    Mistake("passed through without weights", "weights_left_out", ("mixed", "labels", "squares", "deep")),
    Mistake("updated early", "updated_too_early", ("binary", "course", "mixed", "deep", "labels", "swish", "pixels")),
    Mistake("dA passed on", "other_delta_passed_back", ("odds", "mixed", "deep", "labels")),
    Mistake("error passed on", "other_delta_passed_back", ("odds", "bounded", "shares")),
    # weights
    Mistake("A of another layer", "wrong_input", ("mixed", "one output", "deep", "labels", "pixels", "squares")),
    Mistake("Z for A", "wrong_input", ("binary", "mixed", "swish", "labels", "distances")),
    Mistake("X for A", "wrong_input", ("labels", "squares")),
    Mistake("slope for A", "wrong_input", ("binary", "mixed", "odds")),
    Mistake("own output for input", "wrong_input", ("squares", "labels")),
    Mistake("gradient not turned", "transposed_gradient", ("squares",)),
    Mistake("gradient transposed", "transposed_gradient", ("mixed", "labels", "deep")),
    Mistake("next layer's weights", "gradient_of_another", ("squares", "labels", "deep")),
    Mistake("averages multiplied", "averages_multiplied", ("binary", "mixed", "regression", "odds")),
    Mistake("last layer only", "no_gradient", ("binary", "mixed", "deep")),
    # biases
    Mistake("bias zero", "bias_forgotten", ("mixed", "regression", "odds")),
    Mistake("hidden bias zero", "bias_forgotten", ("course", "labels", "pixels")),
    Mistake("bias missing", "bias_forgotten", ("mixed", "course")),
    Mistake("bias not summed", "bias_not_summed", ("mixed", "course", "regression", "labels")),
    Mistake("bias summed over everything", "bias_summed_over_everything", ("mixed", "course", "swish", "odds")),
    Mistake("bias spread", "bias_summed_over_everything", ("mixed", "labels", "swish")),
    Mistake("bias is one mean", "bias_summed_over_everything", ("mixed", "course", "odds")),
    Mistake("bias of the first row", "bias_from_one_row", ("mixed", "course", "regression")),
    Mistake("bias averaged", "averaged_not_summed", ("mixed", "course", "binary")),
    Mistake("bias from dA", "derivative_forgotten", ("one output", "swish", "bounded")),
    Mistake("bias negative", "wrong_sign", ("mixed", "binary")),
    Mistake("bias of the units", "bias_summed_over_units", ("mixed", "course")),
    Mistake("bias of the next layer", "gradient_of_another", ("mixed", "labels", "deep", "one output")),
    # penalties
    Mistake("penalty forgotten", "penalty_forgotten", ("binary", "mixed", "deep", "swish"), 0.3),
    Mistake("penalty twice", "penalty_factor", ("binary", "mixed", "labels"), 0.3),
    Mistake("penalty over n", "penalty_factor", ("course", "mixed"), 0.3),
    Mistake("penalty subtracted", "penalty_factor", ("course", "swish"), 0.3),
    Mistake("penalty on the bias", "penalty_not_in_loss", ("binary", "mixed", "regression", "one output"), 0.3),
    Mistake("L1 in the loss", "penalty_of_another", ("binary", "mixed"), 0.3),
    Mistake("L1 in the gradient", "penalty_of_another", ("binary", "mixed"), 0.3),
    Mistake("decay without penalty", "penalty_not_in_loss", ("binary", "mixed", "deep", "swish")),
    Mistake("L1 without penalty", "penalty_not_in_loss", ("binary", "mixed")),
    # what happens around it
    Mistake("dropout mask forgotten", "dropout_mask_forgotten", ("binary", "course", "mixed")),
    Mistake("dropout not rescaled", "dropout_not_rescaled", ("binary", "course", "mixed")),
    Mistake("dropout mask not in the input", "wrong_input", ("binary", "course", "mixed")),
    Mistake("hidden clip", "clipping_ignored", ("binary", "one output")),
    Mistake("clipped", "clipped_gradient", ("binary", "mixed", "deep")),
    Mistake("norm clipped", "clipped_gradient", ("binary", "mixed", "deep")),
    Mistake("adds up", "accumulates", ("binary", "mixed")),
)
CASES = [(mistake, where) for mistake in MISTAKES for where in mistake.where]
# Each mistake in one layout, another one from mistake to mistake; the rest belong to the slow tests.
QUICK = [(mistake, mistake.where[i % len(mistake.where)]) for i, mistake in enumerate(MISTAKES)]


def check(mistake: str, where: str, penalty: float = 0.0, seed: int = 0) -> gn.BackpropReport:
    """Check a learner's program."""
    return gn.check_my_backprop(*Program(SETTINGS[where], mistake, seed, penalty).functions(), max_entries=15)


@pytest.mark.parametrize("where", SETTINGS)
def test_right_programs_pass(where: str) -> None:
    """Nobody who is right is accused, with a penalty, dropout or without."""
    for mistake, penalty in (("", 0.0), ("dropout", 0.0), ("L1", 0.3)):
        if not penalty or SETTINGS[where].holder != "arguments":
            report = check(mistake, where, penalty, seed=3)
            assert report.ok, report


@pytest.mark.parametrize(("mistake", "where"), QUICK, ids=[f"{m.mistake}-{w}".replace(" ", "_") for m, w in QUICK])
def test_mistakes_are_named(mistake: Mistake, where: str) -> None:
    """Each mistake has its name, and no second one beside it."""
    report = check(mistake.mistake, where, mistake.penalty)
    assert not report.ok
    assert report.kinds == [mistake.kind], report


@pytest.mark.slow
def test_mistakes_are_named_in_every_layout() -> None:
    """Of all mistakes in all layouts none passes, and 98 of 100 are named, from starts that no rule was made with."""
    reports = [(m, check(m.mistake, where, m.penalty, seed)) for m, where in CASES for seed in (0, 101)]
    assert not [mistake for mistake, report in reports if report.ok]
    assert np.mean([report.kinds == [mistake.kind] for mistake, report in reports]) >= 0.98
