"""Commands about what is wrong: a look at the run as it is, and a branch with a remedy that helped in a trial."""

from __future__ import annotations

from typing import Any

from glassnet.playground.experiment import Experiment
from glassnet.playground.findings.cards import remedied
from glassnet.playground.findings.lookout import finding_of, look_now
from glassnet.playground.protocol import Arguments, command

__all__: list[str] = []


@command("diagnose")
def _diagnose(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    """Begin a look; what it finds comes as an event."""
    look_now(experiment)
    return {"looking": True}


@command("branch_with")
def _branch_with(experiment: Experiment, arguments: Arguments) -> dict[str, Any]:
    finding = finding_of(experiment, arguments.text("code", most=100))
    settings, change = remedied(experiment.settings, finding)
    # What helped was tried from the start, not from weights that went wrong.
    return {"run": experiment.branch(settings=settings, text=change, at=0), "text": change}
