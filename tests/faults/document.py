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
minutes. This is what the client promises where that happens. Below the promises stands what was
seen when each fault was played to it on a loopback server, on the three wires (the ways of talking
of OpenAI, Anthropic and Google), and which tests prove what.

Written by `make promises` from what was seen: the server's log, and what the caller got. Every run
of the tests plays it all again, and fails where a line is not true any more.
"""

_TABLES = """\
## What was seen

{runs} runs of {scenarios} scenarios. *All of the text* is “Hello! How can I help?”, word for word;
behind it stands the finish reason. *Promises* are those that a scenario tries, by number.
*Requests* is what the server has seen: more than one, and the call was repeated. *Retryable* means
that you may ask again, not that the client has. *Left* is how many connections were open once the
client had been closed. Play one with `.venv/bin/python -m pytest tests/faults -k <scenario>`.
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


_PROOFS = """\
## The tests that prove it

Those that carry a promise's number in their names, with what each of them says.

"""


def write(cells: Sequence[tuple[Run, Cell]], flips: Flips) -> str:
    """Make the document."""
    guards = _GUARDS + "".join(_flip_lines(flips))
    return "\n".join([_INTRO, promises(), _tables(cells), guards, proofs()])


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
    table = _stored().partition(_GUARDS)[2].partition(_PROOFS)[0]
    rows = [_split(line) for line in table.splitlines() if line.startswith("|")]
    return {(row[0], row[2].strip("`")): (row[3], row[4]) for row in rows}


def stored_promises() -> str:
    """Give what the stored document says of the promises."""
    return _stored()[len(_INTRO) + 1 :].partition("\n## What was seen")[0]


def stored_proofs() -> str:
    """Give what the stored document says of their proofs."""
    _, head, rest = _stored().partition(_PROOFS)
    return head + rest


def promises() -> str:
    """Make what the document is to say of the promises."""
    return "## The promises\n\n" + "\n".join(map(_promise, PROMISES))


def proofs() -> str:
    """Make what the document is to say of their proofs."""
    return _PROOFS + "\n".join(map(_proof, PROMISES))


def _stored() -> str:
    return PATH.read_text(encoding="utf-8")


def _promise(number: int) -> str:
    title, words = PROMISES[number]
    return f"### {number}. {title}\n\n{textwrap.fill(words, 100)}\n"


def _proof(number: int) -> str:
    lines = [f"### Promise {number}: {PROMISES[number].title}\n"]
    for file, tests in groupby(proofs_of(number), key=lambda proof: proof.file):
        lines += [f"[`{file}`](../../tests/faults/{file}):\n"]
        lines += [*(f"- `{test.name}`: {test.says}" for test in tests), ""]
    scenarios = scenarios_of(number)
    lines += [f"And {len(scenarios)} of the scenarios above.\n"] if scenarios else []
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
    for line in lines:
        parts = (f"`{line.name}`", *_about(line.name), *line.places, *line.cell)
        yield f"| {' | '.join(parts)} |\n"


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
