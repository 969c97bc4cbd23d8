"""Guards of the client, and how to take each away: a row must change, or nothing tests the guard.

To add one: a function that takes the guard away, and trials. A trial is a name and a function that
says what it has seen, as `scenario` makes it for the run of a scenario.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from llm_connectivity import LLMError, secret
from llm_connectivity.cancel import Cancel
from llm_connectivity.http.connections import Connections
from llm_connectivity.lifetime import Lifetime
from llm_connectivity.limits import Limits
from llm_connectivity.reader import AnswerReader
from llm_connectivity.wires.openai_chat.stream import OpenAIChatDecoder
from tests.faults import phases
from tests.faults.children import in_child
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


def close_in_another_thread() -> str:
    """Close a stream that waits for its headers, and look how long its reader goes on waiting."""
    with phases.awaiting_headers() as there, there.client() as client:
        stream = client.chat_stream("Hi", timeout=1)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(list, stream)
            there.wait_until_there()
            started = time.monotonic()
            stream.close()
            error = type(reading.exception(10)).__name__
        return f"`{error}`{' at once' if time.monotonic() - started < 0.5 else ', later'}"


def fork_in_mid_stream() -> str:
    """Fork while a stream is read, and let the child read on."""
    with phases.in_long_text() as there, there.client() as client:
        stream = client.chat_stream("Hi")
        next(stream)

        def read_on() -> str:
            try:
                return f"the child reads “{next(stream).content}”"
            except LLMError as error:
                return f"the child gets `{type(error).__name__}`: `{error.code}`"

        return in_child(read_on)


def _end_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OpenAIChatDecoder, "finish", OpenAIChatDecoder._rest)


def _break_is_enough(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AnswerReader, "_is_safe", property(lambda reader: True))


def _mask_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(secret, "_mask_value", lambda value, keys: value)


def _keep_frames(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(traceback, "clear_frames", lambda tb: None)


def _wake_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cancel, "set", lambda cancel: setattr(cancel, "is_set", True))


def _tell_no_child(patch: pytest.MonkeyPatch) -> None:
    for cls in (Lifetime, Connections):
        patch.setattr(cls, "in_child", lambda concerned: None)


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
    Mutation(
        "cancel",
        "closing shuts no socket and wakes nobody",
        _wake_nobody,
        (Trial("close in another thread", close_in_another_thread, real_time=True),),
    ),
    Mutation(
        "fork",
        "a child is not told that it is one",
        _tell_no_child,
        (Trial("fork in mid-stream", fork_in_mid_stream),),
    ),
)
