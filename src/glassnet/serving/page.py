"""The page at the root of a service: the form that an export to HTML has, or a few words where there is none."""

from __future__ import annotations

import html
import re
from typing import Any

from glassnet.errors import DataError
from glassnet.exports.lowering.lowering import predictions
from glassnet.exports.measuring import largest_error
from glassnet.exports.plan import Plan
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import Options

__all__ = ["page_of"]

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_PLAIN = "default-src 'none'"
_MEASURED, _TOLERANCE = 256, 1e-6


def page_of(model: Any, plan: Plan) -> tuple[bytes, str, str]:
    """Return the page of a model, the rules for it as a header, and the SHA-256 of the model's numbers.

    Raises
    ------
    DataError
        The plan does not compute what the model predicts.
    """
    target, rows = TARGETS["html"].load(), made_up_rows(plan, _MEASURED)
    wanted = predictions(model, plan, rows)
    error = largest_error(interpret(plan, rows), wanted)
    if error > _TOLERANCE:
        message = f"serve: the steps must compute what the model predicts, got an error of {error:.1e}. "
        raise DataError(message + "Please report it with the model.", got=error)
    proof = prove(plan, wanted, rows, TARGETS["html"].arithmetic)
    if target.refusal(plan, Options()):
        return _plain_page(plan), _PLAIN, proof.digest
    page = next(iter(target.print_plan(plan, proof, Options()).values()))
    policy = _POLICY.search(page.decode())
    return page, html.unescape(policy[1]) if policy else _PLAIN, proof.digest


def _plain_page(plan: Plan) -> bytes:
    """Return a page that names the model and the paths."""
    name, target = html.escape(plan.name), html.escape(plan.answer.target)
    text = f"<h1>{name}</h1><p>Predicts {target}. POST records to /predict; /openapi.json describes them.</p>"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>{text}</html>'.encode()
