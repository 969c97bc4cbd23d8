"""Places in JSON, as pieces of a call's arguments name them: ``$.rooms[0].name``.

https://datatracker.ietf.org/doc/html/rfc9535
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ...surrogates import mend_text

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]]+)|\[(?P<index>[0-9]{1,9})\]|\[(?P<q>['"])(?P<key>.*?)(?P=q)\]"""
)
_MOST_STEPS = 100
_LONGEST = 4000  # characters


@dataclass(slots=True)
class Pieces:
    """A text that goes on.

    Attributes:
        texts: What there is of it.
    """

    texts: list[str]


def put(target: dict[str, Any], path: str, value: Any) -> None:
    """Put a value in its place; a text goes behind the text that is there already.

    A path that can't be read or followed changes nothing. Texts that go on are `Pieces` until
    `copy_json` joins them.
    """
    steps = _read_path(path)
    place: Any = target
    for step, following in pairwise(steps):
        if _look(place, step) is None:
            _set(place, step, [] if isinstance(following, int) else {})
        place = _look(place, step)
    if steps:
        before = _look(place, steps[-1])
        if not isinstance(before, str | Pieces) or not isinstance(value, str):
            _set(place, steps[-1], value)
        elif isinstance(before, Pieces):
            before.texts.append(value)
        else:
            _set(place, steps[-1], Pieces([before, value]))


def copy_json(value: Any) -> Any:
    """Give a copy of JSON, its texts joined and without halves of surrogate pairs.

    These no request can hold.
    """
    if isinstance(value, dict):
        return {mend_text(name): copy_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [copy_json(inner) for inner in value]
    if isinstance(value, Pieces):
        return mend_text("".join(value.texts))
    return mend_text(value) if isinstance(value, str) else value


def _read_path(path: str) -> list[str | int]:
    """Give the steps of a path, none where one of them can't be read."""
    steps: list[str | int] = []
    end = 1 if path.startswith("$") and len(path) <= _LONGEST else -1
    while 0 < end < len(path):
        found = _STEP.match(path, end)
        if found is None or len(steps) == _MOST_STEPS:
            return []
        end, index = found.end(), found["index"]
        steps.append(int(index) if index else found["name"] or found["key"] or "")
    return steps


def _look(place: Any, step: str | int) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    if isinstance(place, list) and isinstance(step, int) and step < len(place):
        return place[step]
    return None


def _set(place: Any, step: str | int, value: Any) -> None:
    if isinstance(place, dict) and isinstance(step, str):
        place[step] = value
    elif isinstance(place, list) and isinstance(step, int) and step <= len(place):
        place[step : step + 1] = [value]
