"""The document of the promises says what there is: no more, and no less."""

from __future__ import annotations

import pytest

from tests.faults import document
from tests.faults.promises import PROMISES
from tests.faults.proofs import proofs_of, scenarios_of
from tests.faults.scenarios import RUNS, SCENARIOS

RUN_MAKE = "docs/explanation/promises.md is not up to date: run make promises"


def test_document_has_a_line_for_every_run_and_for_no_other():
    """Whether the lines are true is a matter of the runs themselves."""
    assert set(document.read_cells()) == {str(run) for run in RUNS}, RUN_MAKE


def test_document_has_the_words_and_the_proofs_of_every_promise():
    """As they stand in the sources now."""
    assert document.stored_promises() == document.promises(), RUN_MAKE
    assert document.stored_proofs() == document.proofs(), RUN_MAKE


def test_every_scenario_tries_a_promise():
    """One that there is."""
    assert [
        s.name for s in SCENARIOS if not s.promises or not set(s.promises) <= set(PROMISES)
    ] == []


@pytest.mark.parametrize("number", PROMISES)
def test_every_promise_has_a_proof(number: int):
    """A test that carries its number; most have scenarios too."""
    assert proofs_of(number) or len(scenarios_of(number)) > 1
