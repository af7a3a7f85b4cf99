"""Seconds and memory of one stage after the other, each in a process of its own, told as they come."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Stage:
    """What a stage took. Rows are the order lines of the shop, whatever the stage reads of it."""

    stage: str
    seconds: float
    peak_mb: int
    rows_per_second: int

    def __str__(self) -> str:
        return f"{self.stage:<40}{self.seconds:>10,.1f} s{self.peak_mb:>10,} MB{self.rows_per_second:>14,} rows/s"


@dataclass
class Measurements:
    """The stages of a shop of so many order lines, in the order in which they were run, and what follows from them."""

    lines: int
    tell: Callable[[str], None]
    stages: list[Stage] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, what: Callable[..., object], *given: object) -> object:
        """Run it in a process of its own, tell what it took, and hand back what it returned."""
        seconds, peak_mb, result = in_a_process(what, *given)
        self.add(name, seconds, peak_mb)
        return result

    def add(self, name: str, seconds: float, peak_mb: int) -> None:
        """Enter and tell a stage."""
        self.stages.append(Stage(name, round(seconds, 2), peak_mb, round(self.lines / max(seconds, 0.001))))
        self.tell(str(self.stages[-1]))

    def seconds(self, *names: str) -> float:
        """Seconds of these stages together; of one that was run in turns, by its middle turn. KeyError without one."""
        return sum(median(self._turns(name)) for name in names)

    def together(self, name: str, of: Iterable[str]) -> None:
        """Enter and tell several stages as one: their seconds in all, and the most that any of them held."""
        names = list(of)
        peak = max(stage.peak_mb for stage in self.stages if _without_turn(stage.stage) in names)
        self.add(name, self.seconds(*names), peak)

    def compare(self, name: str, these: float, those: float, sentence: str) -> None:
        """Enter and tell a ratio of seconds."""
        self.ratios[name] = round(these / those, 3)
        self.tell(f"{sentence}: {these / those:.2f}")

    def _turns(self, name: str) -> list[float]:
        turns = [stage.seconds for stage in self.stages if _without_turn(stage.stage) == name]
        if not turns:
            raise KeyError(name)
        return turns


def in_a_process(what: Callable[..., object], *given: object) -> tuple[float, int, object]:
    """Seconds that it took, megabytes that its process or one that it started had at most, and what it returned."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (what, given))


def _measured(what: Callable[..., object], given: tuple) -> tuple[float, int, object]:
    started = time.perf_counter()
    result = what(*given)
    seconds = time.perf_counter() - started
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return seconds, peak // 1024, result


def _without_turn(stage: str) -> str:
    return stage.rpartition(", turn ")[0] or stage
