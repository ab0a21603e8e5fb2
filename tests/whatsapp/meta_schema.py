"""A second opinion on what we ask of the Cloud API: Meta's own description of it, where there is one.

WACONSOLE_META_SCHEMA names an OpenAPI file (a relative path counts from the checkout). Without it
`check` says nothing, and one test is skipped that says so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

VARIABLE: Final = "WACONSOLE_META_SCHEMA"
HOME: Final = Path(__file__).parents[2]
# Documented by Meta, and missing in its description.
UNDESCRIBED: Final = frozenset({"biz_opaque_callback_data"})
REASON: Final = f"{VARIABLE} names no OpenAPI file: requests are not compared with Meta's description"


class NotMetas(AssertionError):
    """A request that Meta's description of its API refuses."""


def schema_path() -> Path | None:
    """The file the variable names, when it names one."""
    named = os.environ.get(VARIABLE)
    return HOME / named if named else None


def check(method: str, path: str, body: Mapping[str, Any]) -> bool:
    """Whether there was a description to compare with; `path` is like /v26.0/100000000000001/messages.

    Raises NotMetas when the description knows no such request, or refuses its body.
    """
    file = schema_path()
    if file is None:
        return False
    document = _document(file)
    found = [
        template
        for template, actions in document["paths"].items()
        if method.lower() in actions and _fits(template, path)
    ]
    # The most literal template first: `/{Version}/{group_id}` fits almost everything.
    for template in sorted(found, key=lambda it: it.count("{")):
        request = document["paths"][template][method.lower()].get("requestBody", {})
        schema = request.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            _compare(file, schema, {key: part for key, part in body.items() if key not in UNDESCRIBED})
            return True
    raise NotMetas(f"no {method} {path} with a JSON body is described")


def _fits(template: str, path: str) -> bool:
    pattern = "".join(
        "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", template)
    )
    return re.fullmatch(pattern, path) is not None


def _compare(file: Path, schema: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    whole = {**schema, "components": _document(file)["components"]}
    error = best_match(Draft202012Validator(whole).iter_errors(dict(body)))
    if error is not None:
        raise NotMetas(f"{error.json_path}: {error.message}")


@cache
def _document(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document
