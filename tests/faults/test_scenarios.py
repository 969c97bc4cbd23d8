"""Every scenario on its wires, streamed and whole: `pytest tests/faults -k fin-after-text`."""

from __future__ import annotations

import pytest

import llm_connectivity
from llm_connectivity import LLMError
from tests.faults.document import read_cells
from tests.faults.observe import Observation, observe
from tests.faults.rows import Cell, cell_of
from tests.faults.scenarios import RUNS, SCENARIOS, Run


def _params() -> list[object]:
    marked = {True: [pytest.mark.real_time], False: []}
    return [pytest.param(run, id=str(run), marks=marked[run.scenario.real_time]) for run in RUNS]


@pytest.fixture(scope="module")
def cells() -> dict[str, Cell]:
    """What the stored document says of each run."""
    return read_cells()


@pytest.mark.parametrize("run", _params())
def test_scenario(run: Run, cells: dict[str, Cell]):
    """The caller gets what the scenario says, what every call promises, and what is written."""
    seen = observe(run)
    assert {name: getattr(seen, name) for name in run.expect} == dict(run.expect)
    _check_every_promise(seen, run)
    assert cells.get(str(run)) == cell_of(seen), "docs/explanation/promises.md: run make promises"


def _check_every_promise(seen: Observation, run: Run) -> None:
    assert _is_ours(seen.outcome), "only subclasses of LLMError come out"
    assert seen.survives_pickle
    assert seen.shown == ()
    assert seen.connections_left == 0
    assert seen.kept_limit is not False
    if seen.outcome == "complete":
        assert seen.closing_chunks == (run.mode == "streamed")
    else:
        assert seen.finish_reason is None
        assert isinstance(seen.retryable, bool)
        assert seen.names_its_call
        assert seen.error_text == (seen.text if run.mode == "streamed" else None)


def _is_ours(outcome: str) -> bool:
    cls = getattr(llm_connectivity, outcome, None)
    return outcome == "complete" or (isinstance(cls, type) and issubclass(cls, LLMError))


def test_names_of_scenarios_pick_one_each():
    """None is a part of another one."""
    names = [scenario.name for scenario in SCENARIOS]
    assert [(a, b) for a in names for b in names if a in b and a is not b] == []
