"""Seconds and memory of one stage after the other, each in a process of its own, told as they come."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from statistics import median


@dataclass(frozen=True)
class Stage:
    """What a stage took: by the clock, and of the processors. Rows are the order lines of the shop."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_mb: int
    rows_per_second: int

    def __str__(self) -> str:
        return (
            f"{self.stage:<36}{self.seconds:>9,.1f} s{self.cpu_seconds:>9,.1f} CPU-s{self.peak_mb:>8,} MB"
            f"{self.rows_per_second:>13,} rows/s"
        )


@dataclass(frozen=True)
class Used:
    """Seconds by the clock and of the processors, and the megabytes that one process had at most."""

    seconds: float
    cpu_seconds: float
    peak_mb: int


@dataclass
class Measurements:
    """The stages of a shop of so many order lines, in the order in which they were run, and what follows from them."""

    lines: int
    tell: Callable[[str], None]
    stages: list[Stage] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, what: Callable[..., object], *given: object, imports: Sequence[str] = ()) -> object:
        """Run it in a process of its own, tell what it took, and hand back what it returned.

        `imports` are packages that it imports itself: they are there before the clock starts, as the models' own are.
        """
        used, result = in_a_process(what, *given, imports=imports)
        self.add(name, used)
        return result

    def add(self, name: str, used: Used) -> None:
        """Enter and tell a stage."""
        rows_per_second = round(self.lines / max(used.seconds, 0.001))
        self.stages.append(
            Stage(name, round(used.seconds, 2), round(used.cpu_seconds, 2), used.peak_mb, rows_per_second)
        )
        self.tell(str(self.stages[-1]))

    def used(self, *names: str) -> Used:
        """What these stages took together, and the most that any of them held; one that was run in turns counts by its
        middle turn. KeyError where there is none of a name.
        """
        turns = [self._turns(name) for name in names]
        return Used(
            sum(median(stage.seconds for stage in of_stage) for of_stage in turns),
            sum(median(stage.cpu_seconds for stage in of_stage) for of_stage in turns),
            max(stage.peak_mb for of_stage in turns for stage in of_stage),
        )

    def together(self, name: str, of: Iterable[str]) -> None:
        """Enter and tell several stages as one."""
        self.add(name, self.used(*of))

    def compare(self, name: str, these: Iterable[str], those: Iterable[str], sentence: str) -> None:
        """Enter and tell what some stages take for each second that others take, by the clock and of the processors."""
        one, other = self.used(*these), self.used(*those)
        self.ratios[name] = round(one.seconds / other.seconds, 3)
        self.ratios[f"{name}_cpu"] = round(one.cpu_seconds / other.cpu_seconds, 3)
        self.tell(f"{sentence}: {self.ratios[name]:.2f}, by CPU {self.ratios[f'{name}_cpu']:.2f}")

    def _turns(self, name: str) -> list[Stage]:
        turns = [stage for stage in self.stages if _without_turn(stage.stage) == name]
        if not turns:
            raise KeyError(name)
        return turns


def in_a_process(what: Callable[..., object], *given: object, imports: Sequence[str] = ()) -> tuple[Used, object]:
    """What it took, processes that it started included, and what it returned."""
    # It ends when it has nothing left to do: a pool would end it by a signal, which may be ignored here.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, what, given, imports).result()


def _measured(what: Callable[..., object], given: tuple, imports: Sequence[str]) -> tuple[Used, object]:
    for package in imports:
        import_module(package)
    # The engine takes a process without a file of its own for a person's, and draws its progress.
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    started, before = time.perf_counter(), _cpu_seconds()
    result = what(*given)
    seconds, cpu_seconds = time.perf_counter() - started, _cpu_seconds() - before
    return Used(seconds, cpu_seconds, max(usage.ru_maxrss for usage in _usage()) // 1024), result


def _usage() -> list[resource.struct_rusage]:
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def _cpu_seconds() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in _usage())


def _without_turn(stage: str) -> str:
    return stage.rpartition(", turn ")[0] or stage
