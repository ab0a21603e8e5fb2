"""A settings file explained: every fault with its line, found by a pydantic model.

Loaded by `config check` and after the first frame only. The model is made from the declarations
in `waconsole.settings`: there is no second list of settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictStr, create_model
from pydantic import ValidationError as Faulty

from waconsole.errors import Refused
from waconsole.settings import SECTIONS, Declared, declared
from waconsole.settings.forms import PORT_MAX, fits
from waconsole.settings.read import (
    CONFIG_VARIABLE,
    file_values,
    misplaced,
    read_settings,
    secrets_path,
    unknown_setting,
    wanted_of,
)
from waconsole.settings.secrets import file_secrets

FAULTS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; `line` counts from 1, None where it has none."""

    name: str
    says: str
    line: int | None


def _kind(one: Declared) -> Any:
    if one.choices:
        return Literal[one.choices]
    if isinstance(one.built_in, bool):
        return StrictBool
    if isinstance(one.built_in, int):
        return Annotated[int, Field(gt=0, le=PORT_MAX, strict=True)]
    if isinstance(one.built_in, float):
        return Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
    if one.form:

        def fitting(text: str, form: str = one.form) -> str:
            if text and not fits(form, text):
                raise ValueError(f"not a {form}")
            return text

        return Annotated[StrictStr, AfterValidator(fitting)]
    return StrictStr


def settings_model() -> type[BaseModel]:
    """The model of a settings file: a table per section, no secrets, nothing else allowed."""
    config = ConfigDict(extra="forbid", frozen=True)
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        keys: dict[str, Any] = {
            one.key: (_kind(one), Field(default=one.built_in, description=one.says))
            for one in declared()
            if one.section == section and not one.is_secret
        }
        table = create_model(section.title(), __config__=config, **keys)
        sections[section] = (table, Field(default_factory=table))
    return create_model("SettingsFile", __config__=config, **sections)


def faults(path: Path, environ: Mapping[str, str]) -> list[Fault]:
    """Everything that is wrong in the settings file at `path` and in the environment."""
    found: list[Fault] = []
    try:
        values = file_values(path, must_exist=CONFIG_VARIABLE in environ)
    except Refused as error:
        line = re.search(r"at line (\d+)", str(error))
        return [Fault("", str(error), int(line[1]) if line else None)]
    tables: dict[str, Any] = {}
    for name, value in values.items():
        section, dot, key = name.partition(".")
        if dot:
            tables.setdefault(section, {})[key] = value
        else:
            tables[section] = value
    text = path.read_text(encoding="utf-8") if values else ""
    try:
        settings_model().model_validate(tables)
    except Faulty as error:
        found += [_fault(one, text, path) for one in error.errors()[:FAULTS_MAX]]
    if not found:
        try:
            read_settings(environ)
        except Refused as refused:
            found.append(Fault("", str(refused), None))
    return found + _secret_faults(secrets_path(environ))


def _secret_faults(path: Path) -> list[Fault]:
    """What is wrong in the file of secrets; never with a word of what stands in it."""
    found, fault = file_secrets(path)
    if fault:
        return [Fault("", fault, None)]
    known = {one.name for one in declared() if one.is_secret}
    return [
        Fault(name, f"No secret is called {name} ({path}): there are {', '.join(sorted(known))}.", None)
        for name in found
        if name not in known
    ][:FAULTS_MAX]


def _fault(one: Any, text: str, path: Path) -> Fault:
    known = {each.name: each for each in declared()}
    name = ".".join(str(part) for part in one["loc"][:2])
    line = line_of(text, name)
    where = f"line {line}" if line else str(path)
    if name in known and known[name].is_secret:
        return Fault(name, misplaced(name, where), line)
    if one["type"] == "extra_forbidden":
        return Fault(name, unknown_setting(name, where), line)
    if name in known:
        return Fault(name, f"{name} ({where}) is {one['input']!r}: write {wanted_of(known[name])}.", line)
    return Fault(name, f"{name} ({where}) is a section: write its settings below [{name}].", line)


def line_of(text: str, name: str) -> int | None:
    """The line of `section.key` (or of `[section]`) in a settings file; None when it is written otherwise."""
    section, _, key = name.partition(".")
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if table := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            inside = table[1]
            if not key and inside == section:
                return number
        elif assigned := re.match(r"\s*([\w.-]+)\s*=", line):
            full = f"{inside}.{assigned[1]}" if inside else assigned[1]
            if full in (name, section):
                return number
    return None
