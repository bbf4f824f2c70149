"""Remedies, tried on the spot: copies of the network with one thing changed take some steps on the same rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from glassnet.diagnosis.case import PROBE_ROWS, Case, Data
from glassnet.diagnosis.remedies.attempts import (
    LOSS,
    ON_NUMBERS,
    SHARE_OF_CONSTANT,
    STEPS,
    WRONG_ANSWERS,
    Attempt,
    Measure,
    Outcome,
    scale_rate,
    standardised,
    without_penalties,
)
from glassnet.diagnosis.remedies.contender import Contender, take_steps
from glassnet.diagnosis.remedies.remedy_settings import changed_settings, settings_of
from glassnet.diagnosis.sampling import spread, take_sample
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import GlassnetError
from glassnet.losses import GaussianNLL, Poisson
from glassnet.training import Run
from glassnet.training.batches import ArrayBatches

__all__ = [
    "LOSS",
    "ON_NUMBERS",
    "SHARE_OF_CONSTANT",
    "STEPS",
    "WRONG_ANSWERS",
    "Attempt",
    "Measure",
    "Outcome",
    "Trials",
    "scale_rate",
    "standardised",
    "steps_allowed",
    "without_penalties",
]

_CHEAP_STEPS, _CHEAP_WORK = 200, 2_000_000  # steps, and rows times parameters of one that takes about 2 ms
_MOST_STEPS = 400  # of one trial where nothing limits them
_FEWEST_STEPS = 8  # of a trial that is worth its while
_ROWS_TO_SPLIT, _PART = 40, 5  # rows from which on every fifth is held out of what is trained on
_FEWEST_JUDGES = 20
_LEFT, _CHANCE = 0.1, 0.8  # what must be gained: a tenth, and more where few rows are evaluated on
_OF_LEARNED = 0.08  # share of the loss of the best constant prediction that a network that learned well must gain
_NEARLY = 0.8  # share of the best one's gain at which the milder change is taken
_MOST_NAMED = 3  # of what was not tried
_LEGS = 2  # what is good after some steps must be so after as many again
_LONG = 1_000_000  # epochs: a trial is ended by its steps


def steps_allowed(case: Case) -> int:
    """Return how many steps all trials within a ``fit`` may take: a quarter of its own, or some if they are cheap.

    What a step costs follows from its rows and parameters, not from a clock: the same run tries the same.
    """
    positions = int(np.prod(case.original.input_shape[:-1])) if case.original.input_shape else 1
    work = case.batch_size * case.original.params.size * max(1, positions)
    return max(case.updates // 4, _CHEAP_STEPS if work <= _CHEAP_WORK else 0)


class Trials:
    """Trains copies of a network for some steps, and measures them on rows that they are not trained on.

    These are the validation rows if there are at least 20, else a fifth of the sample; of fewer than 40 rows all are
    trained on, and all are measured on.

    Parameters
    ----------
    case : Case
        Whose network, rows and batch size.
    budget : int, optional
        Steps that all trials may take together; None for no limit.

    Attributes
    ----------
    left : float
        Steps that may still be taken.
    is_early : bool
        Whether it is too early to say that the network fails.
    untried : list of str
        Changes for which too few were left.
    """

    def __init__(self, case: Case, budget: int | None = None) -> None:
        self.case = case
        self.left: float = math.inf if budget is None else budget
        self.is_limited = budget is not None
        self.is_early = False
        self.untried: list[str] = []
        self.has_said_so = False  # that something was not tried
        self._unchanged: dict[str, float] = {}
        self._trusts_validation = True

    @property
    def matters(self) -> bool:
        """Whether the network fails, or never came to an end, so that what may hinder it matters untried."""
        return not self.is_early and (self.case.fails or not self.case.is_trained)

    # ---- the rows --------------------------------------------------------------------------------------------------

    def distrust_validation(self) -> None:
        """Measure on training rows that are held out in the trial: the validation rows are of another kind."""
        if self._trusts_validation:
            self._trusts_validation = False
            self._unchanged.clear()
            vars(self).pop("_parts", None)

    @cached_property
    def _parts(self) -> tuple[Data, Data, str]:
        """What is trained on, what is measured on, and what the latter are called."""
        case = self.case
        sample, held_out = case.sample, case.held_out if self._trusts_validation else None
        if held_out is not None and len(held_out[0]) >= _FEWEST_JUDGES:
            evaluated = take_sample(held_out, spread(len(held_out[0]), PROBE_ROWS))
            return sample, evaluated, f"{len(evaluated[0])} validation rows"
        n = len(sample[0])
        if n < _ROWS_TO_SPLIT:
            return sample, sample, f"the {n} training rows"
        order = np.random.default_rng(0).permutation(n)
        first = min(n // _PART, PROBE_ROWS)
        evaluated, rest = (take_sample(sample, np.sort(part)) for part in (order[:first], order[first:]))
        return rest, evaluated, f"{first} rows held out in the trial"

    def unchanged(self, measure: Measure = LOSS) -> float:
        """Return what is measured of the network as it is now; infinity if its training diverged."""
        if measure.name not in self._unchanged:
            case = self.case
            known = case.is_trained or case.history is not None
            value = measure.compute(case.original, self._parts[1]) if known else math.inf
            self._unchanged[measure.name] = value if math.isfinite(value) else math.inf
        return self._unchanged[measure.name]

    # ---- trials ----------------------------------------------------------------------------------------------------

    def make(self, attempt: Attempt, *, share: float = 1.0) -> Outcome | None:
        """Return what a change achieves; None if the network cannot be changed so, or too few steps are left."""
        return next(iter(self.race([attempt], share=share)), None)

    def race(self, attempts: Sequence[Attempt], *, share: float = 1.0) -> list[Outcome]:
        """Return what each of several changes achieves, the best first.

        All take a few steps, the better half of them as many again, and so on; the last one goes on to twice its steps.
        Of those that gain nearly as much as the best, the first counts as the best: give the mildest first. What there
        are too few steps for is noted in `untried`.

        Parameters
        ----------
        attempts : sequence of Attempt
        share : float
            Of the steps left, how many may be taken.
        """
        case, allowed, n = self.case, self.left * share, len(attempts)
        if case.is_trained and case.updates < _LEGS * _FEWEST_STEPS:
            return []
        while n and allowed < _FEWEST_STEPS * _legs(n)[0]:
            n -= 1
        self.untried += [attempt.change for attempt in attempts[n:]]
        inside = [found for found in map(self._contender, attempts[:n]) if found is not None]
        if not inside:
            return []
        cost, longest = _legs(len(inside))
        wanted = max(contender.attempt.steps for contender in inside)
        wanted = max(wanted, min(_MOST_STEPS, case.updates // 2 if self.is_limited else case.updates))
        # What takes longer than the training did proves nothing, unless that led away from the start.
        if case.is_trained and not (case.knows_start and case.now.loss > case.at_start.loss):
            wanted = min(wanted, case.updates)
        steps = max(1, int(min(allowed / cost, wanted / longest)))
        outside: list[Contender] = []
        while inside and (len(inside) > 1 or inside[0].legs < _LEGS):
            for contender in inside:
                self.left -= contender.advance(steps)
            ranked = self._ranked(inside)
            half = max(1, len(ranked) // 2)
            inside, outside = [c for c in ranked[:half] if c.is_alive], [*ranked[half:], *outside]
            outside = [*(c for c in ranked[:half] if not c.is_alive), *outside]
            steps = inside[0].steps if inside else 0
        return [contender.outcome(self.case.updates) for contender in (*inside, *outside)]

    def not_tried(self, before: str = "") -> str:
        """Return what there were too few steps for, with the call that tries it, as a sentence; once, then nothing.

        It stands behind what was tried ``before``.
        """
        changes = list(dict.fromkeys(self.untried)) if not self.has_said_so else []
        self.has_said_so = self.has_said_so or bool(changes)
        more = f" and {len(changes) - _MOST_NAMED} more" if len(changes) > _MOST_NAMED else ""
        named = "; ".join(changes[:_MOST_NAMED])
        if not before:
            return "nothing yet; glassnet.diagnose(network, X, y) tries what may help." if changes else ""
        found = f"{before} Not tried: {named}{more}; glassnet.diagnose(network, X, y) tries it."
        return found if changes else before

    def _ranked(self, contenders: list[Contender]) -> list[Contender]:
        """Return the best first: of those that gain nearly as much as the best in the order of the attempts."""
        best = min(contender.after for contender in contenders)
        if not math.isfinite(best):
            return contenders
        # What is far worse than a constant prediction does not make everything below it good.
        gain = min(self.unchanged(contenders[0].attempt.measure), contenders[0].limit) - best
        gain = gain if math.isfinite(gain) else 0.0
        enough = best + (1.0 - _NEARLY) * max(gain, 0.0)
        near = [contender for contender in contenders if contender.after <= enough]
        rest = [contender for contender in contenders if contender.after > enough]
        return [*near, *sorted(rest, key=lambda contender: contender.after)]

    def _contender(self, attempt: Attempt) -> Contender | None:
        """Return a changed copy of the network, ready to be trained; None if it cannot be changed so."""
        network = self._copy(attempt.from_now)
        rows, evaluated, name = self._parts
        X, y, weight = rows
        if attempt.weights is not None:
            weight = attempt.weights(y)
        data = _edited((X, y, weight), attempt)
        before = settings_of(network)
        if attempt.act is not None:
            try:
                network = attempt.act(network) or network
            except GlassnetError:
                return None
        settings = changed_settings(before, settings_of(network))
        batch_size = attempt.batch_size or self.case.batch_size
        run = Run(network, self._batches(network, data, batch_size), _LONG)
        edited = _edited(evaluated, attempt)
        limit = self._constant(edited, attempt.measure)
        unchanged = self.unchanged(attempt.measure)
        needed = (
            unchanged - self._needed(unchanged, len(evaluated[0]), attempt.measure)
            if math.isfinite(unchanged)
            else math.inf
        )
        contender = Contender(attempt, run, edited, name, unchanged, min(limit, needed), limit)
        if settings is not None and not (attempt.inputs or attempt.targets or attempt.weights):
            contender.settings = settings | ({"batch_size": batch_size} if attempt.batch_size else {})
        return contender

    def _constant(self, evaluated: Data, measure: Measure) -> float:
        """Return what the best constant prediction has; what helps must be better than that."""
        if measure is SHARE_OF_CONSTANT:
            return 1.0
        constant = self.case.constant_loss(evaluated) if measure is LOSS else None
        return math.inf if constant is None else constant

    def _needed(self, unchanged: float, n: int, measure: Measure) -> float:
        """Return how much must be gained to call it a help: more where few rows are evaluated on."""
        share = _LEFT if n == self.case.n_rows else _LEFT + _CHANCE / math.sqrt(n)
        if measure is not LOSS:
            return share * abs(unchanged)
        least = _OF_LEARNED * self.case.scale if self.case.learned else 0.0
        may_be_negative = isinstance(self.case.loss, (GaussianNLL, Poisson))
        return max(least, share * (max(self.case.scale, abs(unchanged)) if may_be_negative else abs(unchanged)))

    def _copy(self, from_now: bool) -> BaseNetwork:
        network = self.case.original._untrained()
        if not from_now:
            network.params[...], network.stats[...] = self.case.start
        if network.optimizer.schedule.monitors():  # what it monitors is not measured here
            network.optimizer.learning_rate = self.case.rate
        return network

    def _batches(self, network: BaseNetwork, data: Data, batch_size: int) -> ArrayBatches:
        return ArrayBatches(*data, batch_size=batch_size, shuffle=True, streams=network._streams, members=None)

    def trained(self, network: BaseNetwork, steps: int, data: Data | None = None) -> BaseNetwork | None:
        """Return the network after some steps on the sample, or on other ``data``; None if it diverged.

        It is None, too, if too few steps are left.

        Parameters
        ----------
        network : BaseNetwork
            A copy: it is trained.
        steps : int
        data : tuple, optional
        """
        if steps > self.left:
            return None
        batches = self._batches(network, self._parts[0] if data is None else data, self.case.batch_size)
        run = Run(network, batches, _LONG)
        taken = take_steps(run.steps(), steps)
        self.left -= steps
        return network if taken == steps else None


def _edited(data: Data, attempt: Attempt) -> Data:
    """Return data as an attempt changes them."""
    X, y, weight = data
    inputs, targets = attempt.inputs, attempt.targets
    return X if inputs is None else inputs(X), y if targets is None else targets(y), weight


def _legs(n: int) -> tuple[int, int]:
    """Return how many times the first round's steps a race of ``n`` takes together, and its last one alone."""
    cost, each, legs, total = 0, 1, 0, 0
    while n > 1 or legs < _LEGS:
        cost, total, legs = cost + n * each, total + each, legs + 1
        each, n = total, max(1, n // 2)
    return cost, total
