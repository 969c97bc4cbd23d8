"""What a scenario is: what the server does, and what the caller must get of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.scenarios.voice import Voice
from tests.server import Entry
from tests.worlds import TEXT

Mode = Literal["streamed", "whole"]
BOTH: tuple[Mode, ...] = ("streamed", "whole")
STREAMED: tuple[Mode, ...] = ("streamed",)
WHOLE: tuple[Mode, ...] = ("whole",)

ALL = ("openai", "anthropic", "google")
OPENAI = ("openai",)

# Field of an `Observation` -> what it must be; fields that are not named may be anything.
Expectation = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One thing that may happen to a call.

    Attributes:
        name: Picks it with ``pytest -k``.
        what: What the server does, in a user's words.
        promises: Numbers of the promises that it tries.
        play: Makes the answers; the last one answers all later requests too.
        expect: What the caller must get.
        differs: The same for some runs, by ``"wire mode"``, ``"wire"`` or ``"mode"``.
        wires: The wires it is played on.
        modes: What is asked for.
        settings: Of the client.
        address: Makes the base URL of that of the server.
        earlier_calls: Calls that the client makes before; the first answers are theirs.
        limit: Seconds that the call may take, where ``settings`` don't say it.
    """

    name: str
    what: str
    promises: tuple[int, ...]
    play: Callable[[Voice], tuple[Entry, ...]]
    expect: Expectation
    differs: Mapping[str, Expectation] = field(default_factory=dict)
    wires: tuple[str, ...] = ALL
    modes: tuple[Mode, ...] = BOTH
    settings: Mapping[str, Any] = field(default_factory=dict)
    address: Callable[[str], str] = str
    earlier_calls: int = 0
    limit: float | None = None

    @property
    def real_time(self) -> bool:
        """Whether a run of it waits for real."""
        return self.limit_seconds is not None

    @property
    def limit_seconds(self) -> float | None:
        """Seconds that the call may take, ``None`` where nothing limits it."""
        if self.limit is not None:
            return self.limit
        names = ("deadline", "idle_timeout", "timeout")
        return next((self.settings[name] for name in names if name in self.settings), None)


@dataclass(frozen=True, slots=True)
class Run:
    """One scenario on one wire, asked for in one way."""

    scenario: Scenario
    wire: str
    mode: Mode

    def __str__(self) -> str:
        return f"{self.scenario.name}-{self.wire}-{self.mode}"

    @property
    def expect(self) -> Expectation:
        """What the caller must get of this run."""
        differs = self.scenario.differs
        for name in (f"{self.wire} {self.mode}", self.wire, self.mode):
            if name in differs:
                return differs[name]
        return self.scenario.expect


def comes_whole(text: str = TEXT, finish: str | None = "stop", **more: Any) -> Expectation:
    """Expect all of an answer, with one request."""
    return {"outcome": "complete", "text": text, "finish_reason": finish, "requests": 1, **more}


def recovers(*errors: str, **more: Any) -> Expectation:
    """Expect all of an answer, after tries that failed with these classes."""
    return comes_whole(failed_tries=errors, **{"requests": len(errors) + 1, **more})


def fails(error: str, text: str = "", *, requests: int = 1, **more: Any) -> Expectation:
    """Expect an error of this class, with the text that came before it."""
    return {"outcome": error, "text": text, "requests": requests, **more}
