"""All scenarios, by group; `pytest -k <name> tests/faults` picks one.

What is below the codec is played on one wire, what a decoder sees on all of them.
"""

from __future__ import annotations

from tests.faults.scenarios import (
    after_finish,
    before_headers,
    healthy,
    hints,
    mid_stream,
    not_an_answer,
    odd_events,
    statuses,
)
from tests.faults.scenarios.scenario import Run, Scenario

__all__ = ["GROUPS", "RUNS", "SCENARIOS", "Run", "Scenario", "run_named"]

GROUPS: dict[str, tuple[Scenario, ...]] = {
    "Before the headers": before_headers.SCENARIOS,
    "Statuses": statuses.SCENARIOS,
    "What the server says about asking again": hints.SCENARIOS,
    "Status 200, and no answer": not_an_answer.SCENARIOS,
    "In the midst of a stream": mid_stream.SCENARIOS,
    "Events that tell of errors, are garbage, or in an odd order": odd_events.SCENARIOS,
    "Odd, and healthy": healthy.SCENARIOS,
    "Behind the finish reason": after_finish.SCENARIOS,
}
SCENARIOS: tuple[Scenario, ...] = tuple(one for group in GROUPS.values() for one in group)
RUNS: tuple[Run, ...] = tuple(
    Run(scenario, wire, mode)
    for scenario in SCENARIOS
    for mode in scenario.modes
    for wire in scenario.wires
)


def run_named(name: str) -> Run:
    """Give the run with this id: ``"fin-after-text-openai-streamed"``.

    Raises:
        KeyError: There is none.
    """
    return {str(run): run for run in RUNS}[name]
