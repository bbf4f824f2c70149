"""Turns causes into mistakes: one of a kind for all parameters that it explains, with its sentences filled in."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.diagnosis.backprop.loss_recognition import RecognisedLoss
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.messages import WORDS
from glassnet.diagnosis.backprop.reconstruction import RebuiltNetwork
from glassnet.diagnosis.backprop.report import BackpropMistake
from glassnet.diagnosis.gradient_check import ParameterCheck

__all__ = ["applied_twice", "as_mistake", "group_causes", "merge_mistakes"]

# What a mistake of a kind brings about elsewhere in the same program, and is not reported beside it.
_FOLLOWS = {
    "bias_summed_over_everything": ("bias_forgotten",),
    "bias_from_one_row": ("bias_forgotten",),
    "hard_predictions": ("constant_gradient", "bias_forgotten"),
    "one_row_only": ("no_gradient", "bias_forgotten"),
    "double_softmax": ("output_error_only",),
    "double_sigmoid": ("output_error_only",),
    "softmax_over_samples": ("output_error_only",),
}
# The words for a loss without a name.
_UNNAMED = {
    "your loss is a {loss}, so its gradient": "the gradient of your loss",
    "your loss is a {loss}; its gradient": "the gradient of your loss",
    "while the loss is a {loss}": "while your loss is another one",
}
# Mistakes after which gradients may be anything.
_EXPLAIN_ANYTHING = {"changes_data", "log_of_zero", "not_finite", "shares_memory"}


def applied_twice(study: Study, network: RebuiltNetwork | None) -> list[BackpropMistake]:
    """Return a softmax or sigmoid that is applied twice, and slips inside the loss, right gradient or not."""
    output = network.layers[-1].activation if network else ""
    found = []
    for name in ("softmax", "sigmoid"):
        detail = ""
        if output == f"{name} of {name}":
            detail = f"the predictions are those of a {output}"
        elif output == name and study.loss.name == f"{name} cross-entropy":
            detail = f"forward returns the {name}, and your loss applies it to the predictions again"
        if detail:
            found.append(as_mistake(f"double_{name}", (), detail, study.loss))
    if output.startswith("softmax over "):
        found.append(as_mistake("softmax_over_samples", (), output, study.loss))
    if study.loss.name == "binary cross-entropy with a wrong sign":
        found.append(as_mistake("loss_sign_slip", (), "", study.loss))
    return found


def group_causes(
    study: Study, checks: Sequence[ParameterCheck], explained: dict[int, list[Cause]], known: set[str]
) -> list[BackpropMistake]:
    """Return one mistake for each cause, with all parameters that it explains."""
    where: dict[str, tuple[list[str], list[str]]] = {}
    others: dict[str, tuple[str, ...]] = {}
    for i in sorted(explained):
        if not checks[i].passed:
            for cause in explained[i]:
                names, details = where.setdefault(cause.kind, ([], []))
                names.append(study.names[i])
                details += [cause.detail] if cause.detail not in details else []
                # What gives the same numbers in one parameter need not do so in another.
                others[cause.kind] = tuple(
                    each for each in others.get(cause.kind, cause.others) if each in cause.others
                )
    for kind, symptoms in _FOLLOWS.items():
        if kind in where or kind in known:
            taken = [where.pop(symptom) for symptom in symptoms if symptom in where]
            if kind in where:
                where[kind][0].extend(name for names, _ in taken for name in names)
    found = [
        as_mistake(kind, tuple(dict.fromkeys(n)), " and ".join(d), study.loss, others.get(kind, ()))
        for kind, (n, d) in where.items()
    ]
    left = [c for i, c in enumerate(checks) if not c.passed and not explained.get(i)]
    return [*found, _unexplained(left, checks)] if left and not known & _EXPLAIN_ANYTHING else found


def _unexplained(left: Sequence[ParameterCheck], checks: Sequence[ParameterCheck]) -> BackpropMistake:
    measured = "; ".join(f"{c.name} has error {c.error:.2g}, cosine {c.cosine:.3f}, ratio {c.ratio:.4g}" for c in left)
    right = ", ".join(check.name for check in checks if check.passed)
    remedy = "No gradient is right: begin with the output's delta, the slope of your loss with respect to Z."
    if right:
        remedy = f"The gradients of {right} are right: look at what is computed after the last of them."
    return BackpropMistake("unexplained", tuple(c.name for c in left), measured, WORDS["unexplained"].why, remedy)


def as_mistake(
    kind: str, parameters: tuple[str, ...], detail: str, loss: RecognisedLoss, others: Sequence[str] = ()
) -> BackpropMistake:
    """Return a mistake with its sentences, the measured detail filled in."""
    words = WORDS[kind]
    if kind == "other_delta_passed_back":
        detail = WORDS[detail].name if detail else "but the right one"
    if kind == "double_softmax" and not detail:
        detail = "the output's delta has the softmax of the predictions, which are a softmax already"
    texts = [words.measured, words.why]
    if loss.name == RecognisedLoss().name:
        texts = [_without_the_name(text) for text in texts]
    measured, why = (text.format(detail=detail, loss=loss) for text in texts)
    if others:
        measured += f" (the same numbers come from: {', '.join(WORDS[each].name for each in others)})"
    return BackpropMistake(kind, parameters, measured, why, words.remedy)


def _without_the_name(text: str) -> str:
    """Return a sentence for a loss that is none of the usual ones."""
    for named, unnamed in _UNNAMED.items():
        text = text.replace(named, unnamed)
    return text


def merge_mistakes(mistakes: Sequence[BackpropMistake]) -> list[BackpropMistake]:
    """Return every kind of mistake once, with all its parameters."""
    found: dict[str, BackpropMistake] = {}
    for mistake in mistakes:
        if mistake.kind in found:
            first = found[mistake.kind]
            names = tuple(dict.fromkeys((*first.parameters, *mistake.parameters)))
            apart = mistake.measured != first.measured and not mistake.kind.startswith(("double_", "loss_sign"))
            measured = f"{first.measured}; {mistake.measured}" if apart else first.measured
            mistake = first._replace(parameters=names, measured=measured)
        found[mistake.kind] = mistake
    return list(found.values())
