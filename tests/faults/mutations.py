"""Guards of the client, and how to take each away: a row must change, or nothing tests the guard.

To add one: a function that takes the guard away, and trials. A trial is a name and a function that
says what it has seen, as `scenario` makes it for the run of a scenario.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from typing import NamedTuple

import pytest

from llm_connectivity import secret
from llm_connectivity.limits import Limits
from llm_connectivity.reader import AnswerReader
from llm_connectivity.wires.openai_chat.stream import OpenAIChatDecoder
from tests.faults.observe import observe
from tests.faults.rows import cell_of
from tests.faults.scenarios import run_named


class Trial(NamedTuple):
    """Something to be seen: its name, what sees it, and whether it waits for real."""

    name: str
    watch: Callable[[], str]
    real_time: bool = False


class Mutation(NamedTuple):
    """One guard, taken away.

    Attributes:
        guard: Its name.
        without: What is taken away, in a reader's words.
        remove: Takes it away.
        trials: What must be seen otherwise without it.
    """

    guard: str
    without: str
    remove: Callable[[pytest.MonkeyPatch], None]
    trials: tuple[Trial, ...]

    def watch(self, trial: Trial) -> str:
        """Say what a trial sees without the guard."""
        with pytest.MonkeyPatch.context() as patch:
            self.remove(patch)
            return trial.watch()


def scenario(name: str) -> Trial:
    """Watch one run of a scenario: ``"fin-after-text-openai-streamed"``."""
    run = run_named(name)

    def watch() -> str:
        got, requests, left = cell_of(observe(run))
        return f"{got}; requests: {requests}; left: {left}"

    return Trial(name, watch, run.scenario.real_time)


def _end_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OpenAIChatDecoder, "finish", OpenAIChatDecoder._rest)


def _break_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AnswerReader, "_is_safe", property(lambda reader: True))


def _mask_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(secret, "_mask_value", lambda value, keys: value)


def _keep_frames(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(traceback, "clear_frames", lambda tb: None)


def _wait_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Limits, "next_wait", lambda limits: math.inf)


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "complete or not, at the end of the body",
        "a body that ends is taken for an answer that ends",
        _end_is_enough,
        (scenario("end-after-text-openai-streamed"),),
    ),
    Mutation(
        "complete or not, where the connection breaks",
        "whatever has come is taken for all of it",
        _break_is_enough,
        (
            scenario("fin-after-text-openai-streamed"),
            scenario("reset-after-text-google-streamed"),
            scenario("server-error-event-after-text-anthropic-streamed"),
        ),
    ),
    Mutation(
        "masking",
        "keys are not masked in what a server echoes",
        _mask_nothing,
        (scenario("key-echoed-openai-whole"), scenario("key-in-a-page-google-streamed")),
    ),
    Mutation(
        "emptied frames",
        "frames of failed tries keep their locals",
        _keep_frames,
        (scenario("status-400-plain-openai-whole"),),
    ),
    Mutation(
        "limits",
        "a read waits for as long as it takes",
        _wait_for_ever,
        (scenario("stall-deadline-openai-streamed"),),
    ),
)
