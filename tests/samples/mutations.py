"""Samples that a server has changed: keys gone, null, of another type, new; events moved about."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from llm_connectivity.sse import Decoder

from .samples import Sample, all_samples

# A place in JSON: the object or list that holds it, and its key or index.
Place = tuple[Any, Any]

NOVEL = {"type": "novel", "novel": {"a": [None, 1.5], "type": "b"}}

_VALUES = (
    *(None, True, False, 0, -1, 7, 2.5, 10**30, "", " ", "novel", "0", "\ud83d", "caf\u00e9"),
    *([], {}, [None], [[]], ["novel"], [{}], [NOVEL], {"novel": None}, {"text": "t"}, NOVEL),
    *({"type": "text", "text": None}, {"error": None}, {"index": "x"}, 1e308, "{", '{"a": 1}'),
)


@dataclass
class Wire:
    """One event of a stream; `data` is a text where it is no JSON."""

    name: str
    data: Any

    @property
    def bytes(self) -> bytes:
        """The event, as it is sent."""
        data = self.data if isinstance(self.data, str) else json.dumps(self.data)
        name = f"event: {self.name}\n" if self.name else ""
        return f"{name}data: {data}\n\n".encode()


def events_of(sample: Sample) -> list[Wire]:
    """Give the events of a sample's stream; none where it is a whole answer."""
    decoder = Decoder()
    stream = sample.stream or b""
    if stream.lstrip().startswith((b"{", b"[")):
        return []
    events = [*decoder.feed(stream), *decoder.finish()]
    return [Wire(event.name, _parse(event.data)) for event in events]


def document_of(sample: Sample) -> Any:
    """Give the JSON of a sample's whole answer."""
    assert sample.whole is not None
    return json.loads(sample.whole)


def write_events(events: list[Wire]) -> bytes:
    """Give the events as they are sent."""
    return b"".join(event.bytes for event in events)


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode()


def places_in(value: Any) -> Iterator[Place]:
    """Give all places in JSON, the outer ones first."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places_in(value[key])


def _remove(place: Place, _: Any) -> None:
    del place[0][place[1]]


def _replace(place: Place, value: Any) -> None:
    place[0][place[1]] = copy.deepcopy(value)


def _nullify(place: Place, _: Any) -> None:
    place[0][place[1]] = None


def _add(place: Place, value: Any) -> None:
    inner = place[0][place[1]]
    if isinstance(inner, dict):
        inner["novel"] = copy.deepcopy(value)
    elif isinstance(inner, list):
        inner.append(copy.deepcopy(value))
    else:
        place[0][place[1]] = [inner, copy.deepcopy(value)]


def _double(place: Place, _: Any) -> None:
    holder, key = place
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[key] = [holder[key], copy.deepcopy(holder[key])]


def _wrap(place: Place, _: Any) -> None:
    place[0][place[1]] = {"novel": place[0][place[1]]}


_CHANGES: tuple[Callable[[Place, Any], None], ...] = (
    *(_remove, _nullify, _replace, _replace, _add, _double, _wrap),
)


def _change(draw: Any, value: Any) -> None:
    """Change JSON at one place."""
    places = list(places_in(value))
    if places:
        place = draw(st.sampled_from(places))
        draw(st.sampled_from(_CHANGES))(place, draw(st.sampled_from(_VALUES)))


@st.composite
def changed_answers(draw: Any, wire: str) -> Any:
    """Give the JSON of whole answers, changed at one to four places."""
    chosen = [sample for sample in all_samples() if sample.wire == wire and sample.whole]
    document = document_of(draw(st.sampled_from(chosen)))
    for _ in range(draw(st.integers(1, 4))):
        _change(draw, document)
    return document


def _drop(events: list[Wire], i: int, j: int) -> None:
    del events[i]


def _repeat(events: list[Wire], i: int, j: int) -> None:
    events.insert(j, copy.deepcopy(events[i]))


def _swap(events: list[Wire], i: int, j: int) -> None:
    events[i], events[j] = events[j], events[i]


def _cut(events: list[Wire], i: int, j: int) -> None:
    del events[i:]


def _rename(events: list[Wire], i: int, j: int) -> None:
    events[i].name = "novel"


_MOVES = (_drop, _repeat, _swap, _cut, _rename)


@st.composite
def changed_streams(draw: Any, wire: str) -> list[Wire]:
    """Give the events of streams, one to four of them changed or moved."""
    chosen = [s for s in all_samples() if s.wire == wire and events_of(s)]
    events = events_of(draw(st.sampled_from(chosen)))
    for _ in range(draw(st.integers(1, 4))):
        if not events:
            break
        i = draw(st.integers(0, len(events) - 1))
        if draw(st.integers(0, 2)) == 0:
            draw(st.sampled_from(_MOVES))(events, i, draw(st.integers(0, len(events) - 1)))
        elif isinstance(events[i].data, dict):
            _change(draw, events[i].data)
    return events
