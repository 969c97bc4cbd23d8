"""Writes the document of the promises: `python -m tests.faults.report`, or `make promises`."""

from __future__ import annotations

import os
import sys

from tests.faults.document import PATH, write
from tests.faults.mutations import MUTATIONS
from tests.faults.observe import observe
from tests.faults.rows import Cell, cell_of
from tests.faults.scenarios import RUNS, Run


def main() -> None:
    """Play every scenario, take every guard away, and write down what was seen."""
    os.environ.clear()  # no key, address or proxy of whoever runs this is to be seen
    cells = [_play(run, number) for number, run in enumerate(RUNS, 1)]
    flips = {
        (mutation.guard, trial.name): (trial.watch(), mutation.watch(trial))
        for mutation in MUTATIONS
        for trial in mutation.trials
    }
    PATH.write_text(write(cells, flips), encoding="utf-8")
    sys.stderr.write(f"\nwritten: {PATH}\n")


def _play(run: Run, number: int) -> tuple[Run, Cell]:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{number}/{len(RUNS)} {run!s:70}")
    return run, cell_of(observe(run))


if __name__ == "__main__":
    main()
