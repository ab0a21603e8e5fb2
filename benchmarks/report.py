"""What a run of the benchmarks says: each goal, its baseline from the same run, and met or not met."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

BYTES_PER_MB = 1_000_000


@dataclass(slots=True)
class Report:
    """Prints as it goes. A goal that is not met is said, never raised."""

    met: int = 0
    missed: list[str] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)

    def begin(self, title: str) -> None:
        """A part begins. The load says how far its absolute figures can be trusted."""
        load = os.getloadavg()[0]
        print(f"\n{title}  (load {load:.1f} on {os.cpu_count()} cores)", flush=True)

    def say(self, what: str, value: str, note: str = "") -> None:
        """A figure without a goal: a baseline, or a part of one that has."""
        print(f"  {what:<44} {value:>20}  {note}".rstrip(), flush=True)

    def goal(
        self, what: str, value: float, goal: float, unit: str, note: str = "", *, at_least: bool = False
    ) -> None:
        """A figure with a goal: at most `goal`, or at least when `at_least`."""
        met = value >= goal if at_least else value <= goal
        self.met += met
        if not met:
            self.missed.append(what)
        sign = ">=" if at_least else "<="
        verdict = f"{sign} {goal:,g} {unit}: {'met' if met else 'NOT MET'}"
        print(f"  {what:<44} {_number(value):>13} {unit:<6}  {verdict:<28} {note}".rstrip(), flush=True)

    def not_measured(self, what: str, why: str) -> None:
        """A part that could not run here, and why."""
        self.unmeasured.append(what)
        print(f"  {what:<44} {'not measured':>20}  {why}", flush=True)

    def end(self) -> None:
        """The count of it all."""
        print(f"\n{self.met} goals met, {len(self.missed)} not met, {len(self.unmeasured)} not measured.")
        for what in self.missed:
            print(f"  not met: {what}")
        for what in self.unmeasured:
            print(f"  not measured: {what}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def p95(samples: Sequence[float]) -> float:
    """The 95th percentile of at least two samples."""
    return statistics.quantiles(samples, n=20, method="inclusive")[-1]
