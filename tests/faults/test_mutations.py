"""Each guard, taken away: something must be seen that is not seen with it."""

from __future__ import annotations

import pytest

from tests.faults.document import read_flips
from tests.faults.mutations import MUTATIONS, Mutation, Trial


def _params() -> list[object]:
    return [
        pytest.param(
            mutation,
            trial,
            id=f"{mutation.guard}, {trial.name}",
            marks=[pytest.mark.real_time] if trial.real_time else [],
        )
        for mutation in MUTATIONS
        for trial in mutation.trials
    ]


@pytest.mark.parametrize(("mutation", "trial"), _params())
def test_mutation_is_seen(mutation: Mutation, trial: Trial):
    """And what is seen is what the document says."""
    stored = read_flips().get((mutation.guard, trial.name))
    seen = trial.watch(), mutation.watch(trial)
    assert seen[0] != seen[1]
    assert stored == seen, "docs/explanation/promises.md is not up to date: run make promises"


def test_document_has_no_other_mutation():
    """A guard that is not tested any more is not in it."""
    trials = {(mutation.guard, trial.name) for mutation in MUTATIONS for trial in mutation.trials}
    assert set(read_flips()) == trials
