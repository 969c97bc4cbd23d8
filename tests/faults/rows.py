"""Observations in words: a cell each, and lines of the table that put equal ones together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from tests.faults.observe import Observation
from tests.faults.scenarios import Run
from tests.worlds import TEXT

_LONGEST_SHOWN = 40
_ALL = "all"
_WIRES = ("openai", "anthropic", "google")


class Cell(NamedTuple):
    """What is to be read of one observation.

    Attributes:
        got: What the caller got.
        requests: How many the server saw.
        left: Connections that were left.
    """

    got: str
    requests: str
    left: str


class Line(NamedTuple):
    """A line of the table: runs of one scenario with equal observations."""

    name: str
    wires: tuple[str, ...]
    modes: tuple[str, ...]
    cell: Cell

    @property
    def places(self) -> tuple[str, str]:
        """The wires and what was asked for, in words."""
        return _ALL if self.wires == _WIRES else ", ".join(self.wires), ", ".join(self.modes)

    @classmethod
    def read(cls, name: str, wires: str, modes: str, cell: Cell) -> Line:
        """Make a line of the words that stand in the document."""
        listed = _WIRES if wires == _ALL else tuple(wires.split(", "))
        return cls(name, listed, tuple(modes.split(", ")), cell)


def cell_of(seen: Observation) -> Cell:
    """Say what was seen."""
    parts = _answer_parts(seen) if seen.outcome == "complete" else _error_parts(seen)
    parts += [f"after {_joined(seen.failed_tries)}"] if seen.failed_tries else []
    parts += [f"waited {_waits(seen.waits)}"] if seen.waits else []
    parts += [] if seen.kept_limit is None else [_limit(seen.kept_limit)]
    parts += [f"**shown: {', '.join(seen.shown)}**"] if seen.shown else []
    return Cell("; ".join(parts), str(seen.requests), str(seen.connections_left))


def lines_of(cells: Iterable[tuple[Run, Cell]]) -> list[Line]:
    """Put runs with equal cells together, scenario by scenario."""
    lines = []
    for name, group in groupby(cells, key=lambda pair: pair[0].scenario.name):
        by_cell: dict[Cell, list[Run]] = {}
        for run, cell in group:
            by_cell.setdefault(cell, []).append(run)
        for cell, runs in by_cell.items():
            lines += [Line(name, *places, cell) for places in _places(runs)]
    return lines


def _places(runs: Sequence[Run]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give wires and modes of runs, as few pairs as say no more than there is."""
    modes_by_wires: dict[tuple[str, ...], list[str]] = {}
    for mode in dict.fromkeys(run.mode for run in runs):
        wires = tuple(run.wire for run in runs if run.mode == mode)
        modes_by_wires.setdefault(wires, []).append(mode)
    return [(wires, tuple(modes)) for wires, modes in modes_by_wires.items()]


def _answer_parts(seen: Observation) -> list[str]:
    finish = f"`{seen.finish_reason}`" if seen.finish_reason else "no finish reason"
    parts = [_text(seen.text), finish]
    if seen.closing_chunks > 1:
        parts.append(f"**{seen.closing_chunks} closing chunks**")
    return parts + ([_counted(len(seen.warnings), "warning")] if seen.warnings else [])


def _error_parts(seen: Observation) -> list[str]:
    details = [f"`{seen.code}`"] if seen.code and seen.code_is_ours else []
    details += [f"HTTP {seen.status}"] if seen.status else []
    details += ["retryable" if seen.retryable else "not retryable"]
    return [f"`{seen.outcome}`: {', '.join(details)}", *([_text(seen.text)] if seen.text else [])]


def _text(text: str) -> str:
    if text == TEXT:
        return "all of the text"
    if len(text) > _LONGEST_SHOWN:
        return f"“{text[:3]}...”, {len(text):,} characters"
    shown = text.encode("unicode_escape").decode("ascii").replace("|", "\\|")
    return f"“{text if text.isprintable() else shown}”" if text else "no text"


def _waits(waits: Sequence[float]) -> str:
    return ", ".join(f"{wait:g} s" if _is_round(wait) else _about(wait) for wait in waits)


def _is_round(seconds: float) -> bool:
    return (seconds * 10).is_integer()


def _about(seconds: float) -> str:
    """A date is a whole second, so that what is left of it differs from run to run."""
    return f"about {round(seconds, -1):g} s"


def _limit(kept: bool) -> str:
    return "within its limit" if kept else "**beyond its limit**"


def _joined(names: Sequence[str]) -> str:
    """Put equal names together: ``3 x NetworkError``."""
    runs = [(name, len(list(group))) for name, group in groupby(names)]
    return ", ".join(f"`{name}`" if n == 1 else f"{n} x `{name}`" for name, n in runs)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
