"""Plays one scenario against the loopback server, and says what was seen: nothing is expected."""

from __future__ import annotations

import functools
import logging
import time
from dataclasses import dataclass
from typing import Any

from llm_connectivity import Hooks, LLMClient, LLMError, RetryPolicy
from tests.faults.leaks import is_same_after_pickle, places_that_show
from tests.faults.scenarios.scenario import Run
from tests.faults.scenarios.voice import Voice
from tests.worlds import KEY, WIRES, WireWorld

PROMPT = "a prompt that nobody may see"

# What a busy machine may add to a limit, in seconds.
GRACE_SECONDS = 0.3

# A machine that is busy is late now and then, a client that keeps no limit is late each time.
_TIMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of one run.

    Attributes:
        outcome: ``"complete"``, or the class of what was raised, with its module if not ours.
        code: Of the error.
        code_is_ours: Whether it is not the word of an error document of the server's.
        status: Of the error.
        retryable: Of the error.
        text: As the caller got it: the chunks of a stream, the content of a whole answer; the
            ``partial_text`` of the error of a whole answer.
        error_text: The ``partial_text`` of a stream's error, ``None`` without one.
        finish_reason: Of the answer.
        closing_chunks: How many chunks were without text.
        has_usage: Whether there were token counts.
        requests: How many the server saw.
        names_its_call: Whether the error says whose it is: provider, model, and every try.
        failed_tries: Classes of the errors of tries that were not the last.
        waits: Seconds that were to be waited between tries.
        connections_left: How many were open once the client had been closed.
        kept_limit: Whether the call was over within its limit; ``None`` where there is none.
        warnings: Of the answer.
        shown: Where the key or the prompt was to be seen: ``"key in its text"``.
        survives_pickle: Whether all errors were equal after a round trip.
    """

    outcome: str
    code: str | None = None
    code_is_ours: bool = False
    status: int | None = None
    retryable: bool | None = None
    text: str = ""
    error_text: str | None = None
    finish_reason: str | None = None
    closing_chunks: int = 0
    has_usage: bool = False
    requests: int = 0
    names_its_call: bool | None = None
    failed_tries: tuple[str, ...] = ()
    waits: tuple[float, ...] = ()
    connections_left: int = 0
    kept_limit: bool | None = None
    warnings: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    survives_pickle: bool = True


def observe(run: Run) -> Observation:
    """Play a scenario, again if it was over late: once in time is in time."""
    _load_sdk(run.wire)
    for _ in range(_TIMES):
        seen = _observe_once(run)
        if seen.kept_limit is not False:
            break
    return seen


def _observe_once(run: Run) -> Observation:
    naps: list[float] = []
    errors: list[LLMError] = []
    hooks = Hooks(on_retry=lambda error, wait: errors.append(error))
    with Records() as records, WIRES[run.wire](_policy(naps), naps) as world:
        client = _make_client(run, world, hooks)
        _play(run, world)
        for _ in range(run.scenario.earlier_calls):
            client.chat(PROMPT)
        earlier = world.request_count()
        started = time.monotonic()
        seen = _ask(client, run, errors)
        seconds = time.monotonic() - started
        printed = (client, client._lifetime.adapters.primary)
        client.close()
        return Observation(
            **seen,
            requests=world.request_count() - earlier,
            waits=tuple(naps),
            connections_left=_connections_left(world),
            kept_limit=_is_within(seconds, run.scenario.limit_seconds),
            shown=places_that_show({"key": KEY, "prompt": PROMPT}, errors, records.lines, printed),
            survives_pickle=all(map(is_same_after_pickle, errors)),
        )


def _policy(naps: list[float]) -> RetryPolicy:
    return RetryPolicy(sleep=naps.append, jitter=0)


def _make_client(run: Run, world: WireWorld, hooks: Hooks) -> LLMClient:
    base_url = run.scenario.address(world.base_url())
    return world.client(**{"hooks": hooks, "base_url": base_url, **run.scenario.settings})


def _play(run: Run, world: WireWorld) -> None:
    voice = Voice(world, streamed=run.mode == "streamed")
    *first, last = run.scenario.play(voice)
    world.server.add(*first)
    world.server.always(last)


def _ask(client: LLMClient, run: Run, errors: list[LLMError]) -> dict[str, Any]:
    """Make the call; give what its caller saw, and add the error to those seen before it."""
    chunks: list[Any] = []
    try:
        if run.mode == "streamed":
            stream = client.chat_stream(PROMPT)
            for chunk in stream:
                chunks.append(chunk)
            answer = stream.response
        else:
            answer = client.chat(PROMPT)
    except LLMError as error:
        errors.append(error)
        return _of_failure(error, _text_of(chunks), run)
    except Exception as error:
        return {"outcome": f"{type(error).__module__}.{type(error).__name__}"}
    return _of_answer(answer, chunks, run)


def _of_answer(answer: Any, chunks: list[Any], run: Run) -> dict[str, Any]:
    is_stream = run.mode == "streamed"
    return {
        "outcome": "complete",
        "text": _text_of(chunks) if is_stream else answer.content,
        "finish_reason": answer.finish_reason,
        "closing_chunks": sum(not chunk.content for chunk in chunks),
        "has_usage": answer.usage is not None,
        "failed_tries": tuple(one.error for one in answer.attempts if one.error),
        "warnings": answer.warnings,
    }


def _of_failure(error: LLMError, text: str, run: Run) -> dict[str, Any]:
    return {
        "outcome": type(error).__name__,
        "code": error.code,
        "code_is_ours": not isinstance(error.body, dict),
        "status": error.status_code,
        "retryable": error.retryable,
        "text": text or ("" if run.mode == "streamed" else error.partial_text or ""),
        "error_text": error.partial_text if run.mode == "streamed" else None,
        "names_its_call": _names_its_call(error, run),
        "failed_tries": tuple(one.error for one in error.attempts[:-1]),
    }


def _names_its_call(error: LLMError, run: Run) -> bool:
    model = WIRES[run.wire].model
    tried = {(attempt.provider, attempt.model) for attempt in error.attempts}
    return f"{error.provider}/{error.model}" == model and tried == {(error.provider, error.model)}


def _text_of(chunks: list[Any]) -> str:
    return "".join(chunk.content for chunk in chunks)


def _connections_left(world: WireWorld) -> int:
    def left() -> int:
        return sum(connection.is_open for connection in world.server.connections)

    world.server.wait_for(lambda: not left(), timeout=1.0)
    return left()


def _is_within(seconds: float, limit: float | None) -> bool | None:
    return None if limit is None else seconds <= limit + GRACE_SECONDS


@functools.cache
def _load_sdk(wire: str) -> None:
    """Make one call, since loading an SDK takes longer than most limits."""
    with WIRES[wire](RetryPolicy(), []) as world:
        world.play("hello", pause=0)
        world.client().chat(PROMPT)


class Records(logging.Handler):
    """Keeps what is logged inside its ``with`` block, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, record.getMessage()))

    def __enter__(self) -> Records:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
