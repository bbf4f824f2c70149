"""The page at the root of a service: the form that an export to HTML has, or a few words where there is none."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.exports.lowering.lowering import lower, predictions
from glassnet.exports.measuring import check_plan, check_rounding
from glassnet.exports.plan import Plan
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import Options

__all__ = ["page_of"]

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_PLAIN = "default-src 'none'"
_MEASURED = 256


def page_of(model: Any, plan: Plan) -> tuple[bytes, str]:
    """Return the page of a model, and the rules for it as a header."""
    target = TARGETS["html"].load()
    try:
        reason = target.refusal(plan, Options())
        if not reason:
            rows = made_up_rows(plan, _MEASURED)
            wanted = predictions(model, plan, rows)
            check_plan(lower(model, plan.name, dtype=np.float64), rows, wanted, "serve")
            check_rounding(plan, rows, wanted, TARGETS["html"])
            proof = prove(plan, wanted, rows, TARGETS["html"].arithmetic)
            page = next(iter(target.print_plan(plan, proof, Options()).values()))
            policy = _POLICY.search(page.decode())
            return page, html.unescape(policy[1]) if policy else _PLAIN
    except GlassnetError as error:
        reason = str(error).removeprefix("export: ").removeprefix("serve: ")
    return _plain_page(plan, reason), _PLAIN


def _plain_page(plan: Plan, reason: str) -> bytes:
    """Return a page that says why there is no form, and names the model and the paths."""
    name, target = html.escape(plan.name), html.escape(plan.answer.target)
    why = f"<p>There is no form here: {html.escape(reason)}</p>"
    text = f"<h1>{name}</h1><p>Predicts {target}. POST records to /predict; /openapi.json describes them.</p>{why}"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>{text}</html>'.encode()
