"""Which tests prove a promise: those that carry its number, read from the source of the tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.faults.scenarios import SCENARIOS

FOLDER = Path(__file__).parent
_NUMBER = re.compile(r"test_promise_(\d\d)_")


class Proof(NamedTuple):
    """A test: its name, its file, and what it says of itself."""

    name: str
    file: str
    says: str


def proofs_of(number: int) -> list[Proof]:
    """Give the tests whose names, or whose files' names, carry the number of a promise."""
    return [proof for at, proof in _numbered_tests() if at == number]


def scenarios_of(number: int) -> list[str]:
    """Give the names of the scenarios that try a promise."""
    return [scenario.name for scenario in SCENARIOS if number in scenario.promises]


def _numbered_tests() -> Iterator[tuple[int, Proof]]:
    for path in sorted(FOLDER.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            found = _NUMBER.match(node.name) or _NUMBER.match(path.name)
            if found:
                summary = (ast.get_docstring(node) or "").split("\n\n")[0]
                yield int(found[1]), Proof(node.name, path.name, " ".join(summary.split()))
