"""What servers may send instead of the samples: an answer or one of our errors, nothing else.

``FUZZ_EXAMPLES=20000 pytest tests/samples/test_fuzz.py`` looks further, at other ones each time.
"""

import contextlib
import copy
import json
import os
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_connectivity import LLMError, ValidationError
from llm_connectivity.tool_calls import join_calls

from . import mutations, samples
from .mutations import NOVEL, Wire
from .samples import Sample

ALL = samples.all_samples()
ANSWERS = [sample for sample in ALL if "error" not in sample.expected]
WIRES = sorted({sample.wire for sample in ALL})

_FINISHES = ("stop", "length", "tool_calls", "content_filter")
_FINISH_KEYS = ("finish_reason", "stop_reason", "finishReason")

# Reasons that Google's servers may give as numbers, too; one that nobody knows stays a number.
_NUMBERED = ("finishReason", "blockReason")

# Where a text of the answer may stand.
_TEXT_KEYS = ("content", "text", "reasoning", "reasoning_content", "thinking", "summary")

# What is the caller's or the model's own JSON, and not the wire's.
_FOREIGN_KEYS = ("arguments", "args", "input")

_WANTED = os.environ.get("FUZZ_EXAMPLES")
fuzz = settings(
    max_examples=int(_WANTED or 250),
    derandomize=_WANTED is None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def _mark(value, numbers):
    """Put a number of its own into each text."""
    for holder, key in mutations.places_in(value):
        if key in _TEXT_KEYS and isinstance(holder[key], str) and holder[key]:
            holder[key] += f"<{next(numbers)}>"


def _said_in(value):
    """Give all texts in JSON, and the numbers that stand for one."""
    numbers = (holder[key] for holder, key in mutations.places_in(value) if key in _NUMBERED)
    return samples.texts_in(value) | {str(number) for number in numbers if type(number) is int}


def _check_response(response, sent):
    """It can be kept, and goes on with any vendor; it says nothing that was not sent."""
    assert pickle.loads(pickle.dumps(response)).to_dict() == response.to_dict()
    json.dumps(response.to_dict())
    raw = response.raw_finish_reason
    assert raw is None or raw in sent
    assert response.finish_reason in (raw, *_FINISHES)
    assert raw is not None or response.finish_reason in (None, "content_filter")
    for wire in samples.WIRES:
        with contextlib.suppress(ValidationError):
            samples.send_back(wire, response)


def _check_told_once(response, count):
    """No text comes twice, or in two places."""
    for i in range(count):
        told = response.content.count(f"<{i}>") + response.reasoning.count(f"<{i}>")
        assert told <= 1, f"<{i}> comes {told} times"


@pytest.mark.parametrize("wire", WIRES)
@fuzz
@given(st.data())
def test_fuzz_whole_answers(wire, data):
    """Changed at any depth, they are answers or typed errors."""
    document = data.draw(mutations.changed_answers(wire))
    numbers = iter(range(10_000))
    _mark(document, numbers)
    with contextlib.suppress(LLMError):
        response = samples.read_whole(wire, json.dumps(document).encode())
        _check_response(response, _said_in(document))
        _check_told_once(response, next(numbers))


@pytest.mark.parametrize("wire", WIRES)
@fuzz
@given(st.data())
def test_fuzz_streams(wire, data):
    """Events changed at any depth, dropped, repeated, moved: answers or typed errors."""
    events = data.draw(mutations.changed_streams(wire))
    numbers = iter(range(10_000))
    for event in events:
        _mark(event.data if isinstance(event.data, dict) else {}, numbers)
    sent = mutations.write_events(events)
    try:
        seen = samples.read_stream(wire, sent)
    except LLMError as error:
        if error.partial is not None:
            _check_told_once(error.partial, next(numbers))
        return
    response, chunks = seen.response, seen.chunks
    _check_response(response, _said_in([event.data for event in events]))
    _check_told_once(response, next(numbers))
    assert "".join(chunk.content for chunk in chunks) == response.content
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert join_calls(pieces, response.id, response.finish_reason or "") == response.tool_calls
    assert [chunk.to_dict() for chunk in samples.read_chunks(wire, sent)] == [
        chunk.to_dict() for chunk in chunks
    ]


def _add_everywhere(value):
    """Put unknown fields into every object of the wire."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _FOREIGN_KEYS and not (key == "content" and isinstance(inner, dict)):
                _add_everywhere(inner)
        value["novel"] = copy.deepcopy(NOVEL)
        value["novel_list"] = [None, "novel"]
    elif isinstance(value, list):
        for inner in value:
            _add_everywhere(inner)


def _seen(sample, change):
    """Give what is shown of a sample, whole and streamed, after a change of its JSON."""
    if sample.whole is not None:
        document = mutations.document_of(sample)
        change(document)
        yield samples.shown(samples.read_whole(sample.wire, json.dumps(document).encode()))
    events = mutations.events_of(sample)
    if events:
        for event in events:
            change(event.data)
        yield samples.shown(
            samples.read_stream(sample.wire, mutations.write_events(events)).response
        )


@pytest.mark.parametrize("sample", ANSWERS, ids=str)
def test_unknown_fields_change_nothing(sample: Sample):
    """In every object of the answer; only what goes back to the vendor may hold them."""
    expected = samples.to_be_shown(sample.expected)
    for shown in _seen(sample, _add_everywhere):
        assert {**shown, "verbatim": None} == {**expected, "verbatim": None}


def _finish_otherwise(value):
    if isinstance(value, dict | list):
        for holder, key in mutations.places_in(value):
            if key in _FINISH_KEYS and holder[key]:
                holder[key] = "NOVEL_REASON"


@pytest.mark.parametrize("sample", ANSWERS, ids=str)
def test_unknown_finish_reasons_are_passed_on(sample: Sample):
    """They become none of the four; text and calls are as they were."""
    expected = samples.to_be_shown(sample.expected)
    for shown in _seen(sample, _finish_otherwise):
        assert shown["content"] == expected["content"]
        assert len(shown["tool_calls"]) == len(expected["tool_calls"])
        if expected["raw_finish_reason"] and shown["raw_finish_reason"] != "NOVEL_REASON":
            assert shown["raw_finish_reason"] == expected["raw_finish_reason"]
            assert "NOVEL_REASON" not in str(shown)


_NOVEL_EVENTS = {
    "anthropic": [
        Wire("novel", NOVEL),
        *(
            Wire(kind, {"type": kind, "index": 90, **fields})
            for kind, fields in {
                "content_block_start": {"content_block": NOVEL},
                "content_block_delta": {"delta": NOVEL},
                "content_block_stop": {},
            }.items()
        ),
    ],
    "gemini": [
        Wire("", {"novelMetadata": NOVEL}),
        Wire("", {"candidates": [{"content": {"parts": [{"novel": NOVEL}]}, "index": 0}]}),
    ],
    "openai_chat": [
        Wire("", {"object": "chat.completion.novel", "novel": NOVEL}),
        *(
            Wire(name, {"object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]})
            for name, choice in (("", {"delta": {"novel": NOVEL}}), ("novel", {"novel": NOVEL}))
        ),
    ],
}


@pytest.mark.parametrize(
    "sample", [sample for sample in ANSWERS if mutations.events_of(sample)], ids=str
)
def test_unknown_events_change_nothing(sample: Sample):
    """Wherever they come before the answer's end."""
    events = mutations.events_of(sample)
    novel = copy.deepcopy(_NOVEL_EVENTS[sample.wire])
    mixed = [event for known in events[:-1] for event in (known, *novel)]
    seen = samples.read_stream(sample.wire, mutations.write_events([*mixed, events[-1]]))
    expected = samples.to_be_shown(sample.expected)
    shown = samples.shown(seen.response)
    assert {**shown, "verbatim": None, "warnings": []} == {
        **expected,
        "verbatim": None,
        "warnings": [],
    }


@pytest.mark.parametrize("sample", ANSWERS, ids=str)
def test_unknown_parts_change_nothing(sample: Sample):
    """In lists of what an answer is made of, each with a type that nobody knows yet."""

    def add(value):
        if isinstance(value, dict):
            for holder, key in list(mutations.places_in(value)):
                if key in ("content", "parts", "tool_calls", "annotations", "reasoning_details"):
                    parts = holder[key]
                    if isinstance(parts, list) and parts and isinstance(parts[0], dict):
                        parts.append(copy.deepcopy(NOVEL))

    expected = samples.to_be_shown(sample.expected)
    for shown in _seen(sample, add):
        assert {**shown, "verbatim": None} == {**expected, "verbatim": None}
