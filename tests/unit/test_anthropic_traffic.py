"""Shapes of Anthropic's wire that servers have been seen to send, and that no page shows."""

import dataclasses

import pytest

from llm_connectivity.errors import (
    AuthenticationError,
    ContextWindowExceededError,
    ErrorFacts,
    ModelNotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    StreamInterruptedError,
    ValidationError,
)
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.samples import samples
from tests.server import anthropic_wire as wire

MESSAGE_STOP = wire.event({"type": "message_stop"})

# An answer that goes on with code which the server had begun: all of it is there at once.
RESULT = {
    "type": "code_execution_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": {
        "type": "code_execution_result",
        "stdout": "7\n",
        "stderr": "",
        "return_code": 0,
        "content": [],
        "abort_reason": None,
    },
}
CALL = {
    "type": "tool_use",
    "id": "toolu_1",
    "name": "find_room",
    "input": {"floor": 3},
    "caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_2"},
}
TOLD = [{"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}, RESULT, CALL]


def _read(*pieces):
    """Read a stream in pieces of several sizes, which are all the same, and give the response."""
    first, *others = (
        samples.read_stream("anthropic", b"".join(pieces), size).response
        for size in (1 << 30, 1, 7)
    )
    for other in others:
        assert samples.without_request(other) == samples.without_request(first)
        assert other._verbatim == first._verbatim
    return first


def _map(body, status=None):
    """Map a failure."""
    return AnthropicCodec().map_error(ErrorFacts(status=status, body=body))


ENDS = {
    "nothing but its end": (MESSAGE_STOP, "tool_use"),
    "with its reason told again": (wire.finish_event("tool_use") + MESSAGE_STOP, "tool_use"),
    "with another reason": (wire.finish_event("max_tokens") + MESSAGE_STOP, "max_tokens"),
}


@pytest.mark.parametrize("end", ENDS)
def test_blocks_that_a_stream_begins_with_are_read(end):
    """They are those of a whole answer; the reason at the end goes before that at the start."""
    rest, raw = ENDS[end]
    response = _read(wire.start_event(content=TOLD, stop_reason="tool_use"), rest)
    assert response.reasoning == "Hm."
    assert [(call.id, call.arguments) for call in response.tool_calls] == [
        ("toolu_1", {"floor": 3})
    ]
    assert response.raw_finish_reason == raw
    assert response._verbatim == {"content": TOLD}


def test_text_that_a_stream_begins_with_is_followed_by_the_rest():
    """The blocks behind those at the start have the next numbers."""
    response = _read(
        wire.start_event(content=[{"type": "text", "text": "One, "}]),
        wire.block_start_event(index=1),
        wire.text_event("two."),
        wire.block_stop_event(1),
        wire.finish_event(),
        MESSAGE_STOP,
    )
    assert response.content == "One, two."


def test_stop_reason_at_the_start_is_not_the_end():
    """A stream that breaks off behind it is no answer."""
    with pytest.raises(StreamInterruptedError):
        _read(wire.start_event(stop_reason="end_turn"), wire.block_start_event())


@pytest.mark.parametrize(
    "number", [[0], {"of": 0}, None, "0", 1.5, True], ids=lambda number: type(number).__name__
)
def test_blocks_of_any_number_are_read(number):
    """Pieces belong to the last block where their number is none."""
    response = _read(
        wire.start_event(),
        wire.block_start_event({"type": "thinking", "thinking": "", "signature": ""}, number),
        wire.delta_event({"type": "thinking_delta", "thinking": "Hm."}, number),
        wire.delta_event({"type": "signature_delta", "signature": "EqQB"}, number),
        wire.block_stop_event(number),
        wire.block_start_event({**CALL, "input": {}}, number),
        wire.delta_event({"type": "input_json_delta", "partial_json": '{"floor": 3}'}, number),
        wire.block_stop_event(number),
        wire.finish_event("tool_use"),
        MESSAGE_STOP,
    )
    assert response.tool_calls[0].arguments == {"floor": 3}
    assert response._verbatim == {"content": [TOLD[0], CALL]}


def test_input_of_a_call_that_has_not_begun_is_no_part_of_a_text():
    """Some server has left out the call's first event: there is no call, and the text is whole."""
    response = _read(
        wire.start_event(),
        wire.block_start_event({"type": "redacted_thinking", "data": "EmwK"}),
        wire.block_stop_event(),
        wire.block_start_event(index=1),
        wire.text_event("Let me see.", index=1),
        wire.block_stop_event(1),
        wire.delta_event({"type": "input_json_delta", "partial_json": '{"floor": 3}'}, 2),
        wire.finish_event("tool_use"),
        MESSAGE_STOP,
    )
    assert (response.content, response.tool_calls) == ("Let me see.", ())
    assert response._verbatim["content"][1] == {"type": "text", "text": "Let me see."}


def test_counts_within_the_last_delta_are_read():
    """Some servers put them there; those beside it go before them."""
    delta = {"stop_reason": "end_turn", "usage": {"output_tokens": 15, "input_tokens": 8}}
    told = {"type": "message_delta", "delta": delta}
    for counts, expected in (({}, 15), ({"output_tokens": 16}, 16)):
        end = wire.event({**told, "usage": counts} if counts else told)
        usage = _read(wire.start_event({"input_tokens": 7}), end, MESSAGE_STOP).usage
        assert dataclasses.astuple(usage)[:2] == (8, expected)


BY_STATUS = {
    "a model that Google does not have": (
        404,
        [{"error": {"code": 404, "message": "Not found.", "status": "NOT_FOUND"}}],
        (ModelNotFoundError, "Not found."),
    ),
    "Amazon's full context": (
        400,
        {"message": "Input is too long for requested model."},
        (ContextWindowExceededError, "Input is too long for requested model."),
    ),
    "Amazon's capital letter": (
        403,
        {"Message": "User is not authorized"},
        (PermissionDeniedError, "User is not authorized"),
    ),
    "words under another name": (400, {"msg": "Bad."}, (ValidationError, "Bad.")),
    "a list of nothing": (400, [], (ValidationError, "the server gave no reason.")),
    "a list of texts": (400, ["Bad."], (ValidationError, "Bad.")),
}


@pytest.mark.parametrize("name", BY_STATUS)
def test_error_documents_of_other_hosts_are_read(name):
    """The API is to be had of other companies too, whose servers put their own around it."""
    status, body, expected = BY_STATUS[name]
    error = _map(body, status)
    assert (type(error), error.message) == expected


INSIDE = {
    "a number": ({"message": "m", "code": 429}, RateLimitError, None),
    "its text": ({"message": "m", "type": "None", "code": "429"}, RateLimitError, "429"),
    "beside a general type": (
        {"type": "invalid_request_error", "message": "m", "status_code": 401},
        AuthenticationError,
        "invalid_request_error",
    ),
    "beside a type that says more": (
        {"type": "rate_limit_error", "message": "m", "code": 500},
        RateLimitError,
        "rate_limit_error",
    ),
    "none of a failure": ({"message": "m", "code": 200}, ProviderError, None),
}


@pytest.mark.parametrize("name", INSIDE)
def test_status_within_an_error_inside_an_answer_decides(name):
    """Gateways put the status of the failure behind them where a code stands."""
    told, cls, code = INSIDE[name]
    error = _map({"error": told})
    assert (type(error), error.code, error.status_code) == (cls, code, None)
    assert "m" in error.message
