"""`docs/explanation/promises.md`: written from observations, and read again by the tests."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.faults.mutations import MUTATIONS
from tests.faults.promises import PROMISES
from tests.faults.proofs import proofs_of, scenarios_of
from tests.faults.rows import Cell, Line, lines_of
from tests.faults.scenarios import GROUPS, SCENARIOS, Run

PATH = Path(__file__).parents[2] / "docs" / "explanation" / "promises.md"

# Mutation and trial -> what was seen with the guard, and without it.
Flips = Mapping[tuple[str, str], tuple[str, str]]

_INTRO = """\
# What it promises when things break

Providers reset connections, cut streams, send pages in place of answers, and say nothing for
minutes. This is what the client promises for such days, and what was seen when each of them was
played to it on a loopback server that can do all of that.

Written by `make promises` from what was seen: the server's log, and what the caller got. Every run
of the tests plays it all again, and fails where a line is not true any more.
"""

_TABLES = """\
## What was seen

{runs} runs of {scenarios} scenarios. *All of the text* is “Hello! How can I help?”, word for word;
behind it stands the finish reason. *Promises* are those that a scenario tries, by number.
*Requests* is what the server has seen: more than one, and the call was repeated. *Left* is how many
connections were open once the client had been closed. Play one with
`pytest tests/faults -k <scenario>`.
"""
_COLUMNS = (
    "scenario",
    "promises",
    "what the server does",
    "wires",
    "asked for",
    "the caller got",
    "requests",
    "left",
)

_GUARDS = """\
## When a guard is taken away

A test that can't fail proves nothing. Here parts of the client are taken away one by one, and a
line changes each time.

| guard | without | scenario | with the guard | without it |
|---|---|---|---|---|
"""


def write(cells: Sequence[tuple[Run, Cell]], flips: Flips) -> str:
    """Make the document."""
    parts = [_INTRO, promises(), _tables(cells), _GUARDS + "".join(_flip_lines(flips))]
    return "\n".join(parts)


def read_cells() -> dict[str, Cell]:
    """Give what the stored document says of each run, by its id."""
    return {
        f"{line.name}-{wire}-{mode}": line.cell
        for line in _stored_lines()
        for wire in line.wires
        for mode in line.modes
    }


def read_flips() -> dict[tuple[str, str], tuple[str, str]]:
    """Give what the stored document says of each guard and trial."""
    _, _, table = _stored().partition(_GUARDS)
    rows = [_split(line) for line in table.splitlines() if line.startswith("|")]
    return {(row[0], row[2].strip("`")): (row[3], row[4]) for row in rows}


def stored_promises() -> str:
    """Give what the stored document says of the promises and their proofs."""
    return _stored()[len(_INTRO) + 1 :].partition("\n## What was seen")[0]


def promises() -> str:
    """Make what the document is to say of the promises and their proofs."""
    return "## The promises\n\n" + "\n".join(map(_promise, PROMISES))


def _stored() -> str:
    return PATH.read_text(encoding="utf-8")


def _promise(number: int) -> str:
    title, words = PROMISES[number]
    lines = [f"### {number}. {title}\n", f"{textwrap.fill(words, 100)}\n"]
    for file, tests in groupby(proofs_of(number), key=lambda proof: proof.file):
        lines += [f"[`{file}`](../../tests/faults/{file}):\n"]
        lines += [*(f"- `{test.name}`: {test.says}" for test in tests), ""]
    scenarios = scenarios_of(number)
    lines += [f"And {len(scenarios)} of the scenarios below.\n"] if scenarios else []
    return "\n".join(lines)


def _tables(cells: Sequence[tuple[Run, Cell]]) -> str:
    scenarios = {run.scenario.name for run, _ in cells}
    parts = [_TABLES.format(runs=len(cells), scenarios=len(scenarios))]
    for title, group in GROUPS.items():
        lines = lines_of([pair for pair in cells if pair[0].scenario in group])
        head = f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n"
        parts.append(f"### {title}\n\n{head}{''.join(_rows(lines))}")
    return "\n".join(parts)


def _rows(lines: Sequence[Line]) -> Iterator[str]:
    before = None
    for line in lines:
        about = ("", "") if line.name == before else _about(line.name)
        yield f"| {' | '.join((f'`{line.name}`', *about, *line.places, *line.cell))} |\n"
        before = line.name


def _about(name: str) -> tuple[str, str]:
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    return ", ".join(map(str, scenario.promises)), scenario.what


def _flip_lines(flips: Flips) -> Iterator[str]:
    for mutation in MUTATIONS:
        for trial in mutation.trials:
            seen, mutated = flips[mutation.guard, trial.name]
            parts = (mutation.guard, mutation.without, f"`{trial.name}`", seen, mutated)
            yield f"| {' | '.join(parts)} |\n"


def _stored_lines() -> Iterator[Line]:
    table = _stored().partition("## What was seen")[2].partition("## When a guard")[0]
    for text in table.splitlines():
        if text.startswith("| `"):
            name, _, _, wires, modes, *cell = _split(text)
            yield Line.read(name.strip("`"), wires, modes, Cell(*cell))


def _split(row: str) -> list[str]:
    return [part.strip() for part in row.strip("| \n").split(" | ")]
