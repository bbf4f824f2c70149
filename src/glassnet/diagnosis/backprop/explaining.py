"""Explains what is wrong with each gradient: by itself, and by following all of them back through the network."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.diagnosis.backprop.backward_walk import BackwardWalk
from glassnet.diagnosis.backprop.direct_explanations import explain_directly, explain_what_is_left, repair_shapes
from glassnet.diagnosis.backprop.jacobian import explain_by_outputs
from glassnet.diagnosis.backprop.learner import Learner
from glassnet.diagnosis.backprop.measurements import Cause, Study
from glassnet.diagnosis.backprop.reconstruction import RebuiltNetwork

__all__ = ["explain"]

# Mistakes that leave a gradient's direction, so that it still shows what was passed back.
_STILL_FOLLOWED = {
    "summed_not_averaged", "averaged_not_summed", "fixed_row_count", "wrong_sign", "constant_factor",
    "penalty_forgotten", "penalty_factor", "penalty_not_in_loss", "penalty_of_another",
}  # fmt: skip
_OF_ITS_OWN = {"gradient_of_another", "penalty_not_in_loss", "penalty_of_another"}


def explain(learner: Learner, study: Study, network: RebuiltNetwork | None) -> dict[int, list[Cause]]:
    """Return the causes for each wrong gradient that can be explained."""
    repair_shapes(study)
    explained = explain_directly(study)
    if network and network.masks:  # there, a factor has a reason
        explained = {
            i: found for i, found in explained.items() if [each.kind for each in found[:1]] != ["constant_factor"]
        }
    left = [i for i, wrong in enumerate(study.wrong) if wrong and i not in explained]
    if left or network:
        known = {i for i, causes in explained.items() if not _kinds(causes) & {*_STILL_FOLLOWED, "gradient_of_another"}}
        inside = BackwardWalk(study, network, known).explain() if network else explain_by_outputs(learner, study, left)
        for i, causes in ((i, causes) for i, causes in inside.items() if study.wrong[i]):
            elsewhere = set[str]().union(*(_kinds(each) for j, each in inside.items() if j != i))
            # What explains the other gradients as well explains this one better than a mistake of its own.
            better = bool(_kinds(explained.get(i, [])) & _OF_ITS_OWN) and causes and _kinds(causes) <= elsewhere
            # The walk knows what else gives the same numbers.
            if i in left or better or [each.kind for each in causes] == [each.kind for each in explained.get(i, [])]:
                explained[i] = causes
    explained = {**explain_what_is_left(study), **explained}
    for weight, bias, *_ in network.layers if network else ():
        # A layer that is left out altogether has one mistake, not two.
        both = [_kinds(explained.get(i, [])) for i in (weight, bias) if i is not None]
        if bias is not None and both == [{"no_gradient"}, {"bias_forgotten"}]:
            explained[bias] = [each._replace(kind="no_gradient") for each in explained[bias]]
    for i, (cause, _) in study.repaired.items():
        kinds = {each.kind for each in explained.get(i, [])}
        if not kinds & {"bias_summed_over_everything", "gradient_of_another", "swapped_gradients", cause.kind}:
            explained[i] = [cause, *explained.get(i, [])]
    return explained


def _kinds(causes: Sequence[Cause]) -> set[str]:
    return {cause.kind for cause in causes}
