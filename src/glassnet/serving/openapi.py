"""The description of a service in OpenAPI 3.1, made from the columns that its model reads."""

from __future__ import annotations

import math
from typing import Any

from glassnet.exports.plan import Answer, Field, Plan
from glassnet.serving.cells import LONGEST
from glassnet.serving.limits import Limits
from glassnet.serving.warning import clock
from glassnet.utils.version import VERSION

__all__ = ["describe"]

_MOST_CATEGORIES = 200
_JSON = "application/json"
_REFUSALS = {
    "400": "The body is not JSON, or the head of the request is damaged.",
    "408": "The body did not arrive in time.",
    "413": "The body is too long, or has too many records.",
    "415": "The body is not declared as JSON.",
    "431": "The head of the request is too long.",
    "422": "A record is not one that the model reads.",
    "500": "The service has failed.",
    "503": "Too many requests at once, or the service stops; try again.",
    "default": "There is no such path or method, or no request of HTTP.",
}
_OF_HEALTH = ("400", "431", "500", "503", "default")
_TEXT_TOO = ["number", "string", "boolean", "null"]


def describe(plan: Plan, limits: Limits) -> dict[str, Any]:
    """Return the description of the service of a model."""
    record, answer = _record(plan), _answer(plan.answer)
    several = {"type": "array", "items": _ref("Record"), "minItems": 1, "maxItems": limits.rows}
    answers = {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": plan.name,
            "version": VERSION,
            "description": f"Predicts {plan.answer.target}. Served by glassnet.",
        },
        "paths": {
            "/predict": {
                "post": {
                    "operationId": "predict",
                    "summary": "Predict for one record, or for a list of records.",
                    "requestBody": {
                        "required": True,
                        "content": {_JSON: {"schema": {"anyOf": [_ref("Record"), several]}, "example": _example(plan)}},
                    },
                    "responses": {
                        "200": _response("An answer, or a list of answers.", {"anyOf": [_ref("Answer"), answers]}),
                        **_refusals(*_REFUSALS),
                    },
                }
            },
            "/health": {
                "get": {
                    "operationId": "health",
                    "summary": "Whether the service answers, and for which model.",
                    "responses": {"200": _response("It does.", _ref("Health")), **_refusals(*_OF_HEALTH)},
                }
            },
        },
        "components": {
            "schemas": {
                "Record": record,
                "Answer": answer,
                "Health": _object({name: {"type": "string"} for name in ("status", "model", "sha256", "version")}),
                "Refusal": _object({"error": {"type": "string", "description": "What must be otherwise."}}),
            }
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {_JSON: {"schema": schema}}}


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: _response(_REFUSALS[status], _ref("Refusal")) for status in statuses}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _record(plan: Plan) -> dict[str, Any]:
    """Return the schema of a record."""
    if plan.is_table:
        return _object({field.name: _column(field) for field in plan.fields})
    n = plan.x.size
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": n, "maxItems": n}
    if not plan.inputs:
        return numbers
    return {"anyOf": [_object({name: {"type": "number"} for name in plan.inputs}), numbers]}


def _column(field: Field) -> dict[str, Any]:
    """Return the schema of a cell; what training did not have is warned of and not refused."""
    return {"maxLength": LONGEST, **_COLUMNS[field.kind](field)}


def _boolean(field: Field) -> dict[str, Any]:
    text = "True or false, also as 1 and 0" + (f", or as {field.form.describe()}" if field.form.words else "")
    kinds = [{"type": ["boolean", "string", "null"]}, {"type": "number", "enum": [0, 1]}]
    return {"anyOf": kinds, "description": f"{text}. Null if it is not known."}


def _category(field: Field) -> dict[str, Any]:
    shown = list(field.categories[:_MOST_CATEGORIES])
    rest = len(field.categories) - len(shown)
    text = "In training: " + ", ".join(shown) + (f" and {rest:,} more." if rest else ".")
    return {"type": _TEXT_TOO, "description": text if shown else "A text.", "examples": shown[:5]}


def _date(field: Field) -> dict[str, Any]:
    kinds = ["string", "null", *(["number"] if field.form.example.isdigit() else [])]
    return {"type": kinds, "description": f"A date{_range(field)}{_spelling(field)}.", "examples": [_typical(field)]}


def _number(field: Field) -> dict[str, Any]:
    form = field.form
    what = f"A number{f' of {form.unit}' if form.unit else ''}"
    if form.style:
        what = f"A {'time of day' if form.style == 'time' else 'duration'}, as text or in seconds"
    return {
        "type": _TEXT_TOO,
        "description": f"{what}{_range(field)}{_spelling(field)}.",
        "examples": [_typical(field)],
    }


_COLUMNS = {"boolean": _boolean, "category": _category, "date": _date, "number": _number}


def _spelling(field: Field) -> str:
    return f"; text as in training, {field.form.describe()}" if field.form.example else ""


def _range(field: Field) -> str:
    if not (math.isfinite(field.low) and math.isfinite(field.high)):
        return ""
    low, high = (_day(end) if field.kind == "date" else f"{end:g}" for end in (field.low, field.high))
    if field.form.style == "time":
        low, high = clock(low), clock(high)
    return f", in training from {low} to {high}"


def _typical(field: Field) -> Any:
    """Return a typical cell."""
    if field.kind == "category":
        return field.categories[0] if field.categories else "text"
    if field.kind == "boolean":
        return True
    center = field.center if math.isfinite(field.center) else 0.0
    return _day(center) if field.kind == "date" else float(f"{center:.6g}")


def _day(number: float) -> str:
    """Return a number of days since 1970 as a date, within what dates can be."""
    import numpy as np

    return str(np.datetime64(0, "D") + int(max(min(number, 2_932_896), -719_162)))


def _example(plan: Plan) -> Any:
    if plan.is_table:
        return {field.name: _typical(field) for field in plan.fields}
    return dict.fromkeys(plan.inputs, 0.0) or [0.0] * plan.x.size


def _answer(answer: Answer) -> dict[str, Any]:
    """Return the schema of an answer."""
    number, warnings = {"type": "number"}, {"type": "array", "items": {"type": "string"}}
    label = {"type": sorted({_kind(label) for label in answer.labels})}
    by_name = {"type": "object", "additionalProperties": number}
    parts: dict[str, dict[str, Any]] = {
        "classes": {"label": label, "probabilities": by_name},
        "labels": {"labels": {"type": "array", "items": label}, "probabilities": by_name},
        "numbers": {"number": number} if len(answer.names) == 1 else {"numbers": by_name},
        "quantiles": {"number": number, "quantiles": by_name},
    }
    return _object({**parts[answer.kind], "warnings": warnings})


def _kind(label: Any) -> str:
    if isinstance(label, bool):
        return "boolean"
    return "number" if isinstance(label, (int, float)) else "string"
