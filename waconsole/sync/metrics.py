"""Figures in the text form that Prometheus reads (its exposition format 0.0.4). Pure.

Written here and not by its client library: that one counts inside a process, ours are rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PREFIX: Final = "waconsole_"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name without the prefix, what it says, its kind, and (labels, value) of each sample."""

    name: str
    says: str
    kind: str
    samples: list[tuple[dict[str, str], float]]


def exposed(families: Iterable[Family]) -> str:
    """The figures, one sample a line; a family without samples still says what it is."""
    lines = []
    for family in families:
        name = PREFIX + family.name
        lines += [f"# HELP {name} {family.says}", f"# TYPE {name} {family.kind}"]
        lines += [f"{name}{_labels(labels)} {value:.15g}" for labels, value in family.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
