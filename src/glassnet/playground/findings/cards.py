"""A finding as the page shows it, and the settings that its remedy asks for."""

from __future__ import annotations

import dataclasses
from typing import Any

from glassnet.errors import ConfigError
from glassnet.playground.settings import Settings
from glassnet.training.findings import Finding

__all__ = ["card_of", "remedied", "remedy_of"]


def card_of(finding: Finding, steps_per_epoch: int | None) -> dict[str, Any]:
    """Return a finding as plain data.

    Parameters
    ----------
    finding : Finding
    steps_per_epoch : int or None
        To count the steps up to where it was seen.
    """
    change, settings = remedy_of(finding)
    return {
        "code": finding.code, "title": finding.code.replace("-", " ").capitalize(), "severity": finding.severity,
        "measured": finding.measured, "where": finding.place, "why": finding.why, "do": finding.advice,
        "tried": finding.tried, "helped": finding.helped, "layer": finding.layer,
        "step": _step_of(finding, steps_per_epoch), "can_branch": bool(settings), "change": change if settings else "",
    }  # fmt: skip


def _step_of(finding: Finding, steps_per_epoch: int | None) -> int | None:
    """Return how many steps lie before the place of a finding; None if that is not known."""
    if finding.epoch is None or not steps_per_epoch:
        return None
    if finding.step is None:
        return finding.epoch * steps_per_epoch
    return (finding.epoch - 1) * steps_per_epoch + finding.step


def remedy_of(finding: Finding) -> tuple[str, dict[str, Any]]:
    """Return the change that helped best when it was tried, in words, and the settings that make it.

    The settings are empty where nothing helped, and where what helped is no change of settings.
    """
    trials = finding.evidence.get("trials", [])
    if finding.helped is not True or not trials:
        return "", {}
    return trials[0]["change"].rstrip(","), trials[0].get("settings") or {}


def remedied(settings: Settings, finding: Finding) -> tuple[Settings, str]:
    """Return settings with the change that helped, and this in words.

    Raises
    ------
    ConfigError
        Nothing helped that is a change of settings.
    """
    change, changes = remedy_of(finding)
    if not changes:
        must = "it must be that of a finding for which a change of settings helped"
        message = f"branch_with: code is {finding.code!r}; {must}."
        raise ConfigError(message, got=finding.code)
    layers = {"layers": tuple(changes["layers"])} if "layers" in changes else {}
    return dataclasses.replace(settings, **{**changes, **layers}), change
