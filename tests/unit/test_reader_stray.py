"""Error documents between or behind the events of a stream, where no document belongs."""

import json

import pytest

from llm_connectivity import errors
from llm_connectivity.reader import AnswerReader
from llm_connectivity.sse import Decoder
from llm_connectivity.wires.anthropic import AnthropicCodec
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from tests.server import anthropic_wire, gemini_wire, openai_wire

WIRES = [
    pytest.param(
        OpenAIChatCodec(),
        openai_wire.text_event("Hi"),
        openai_wire.error_body("No.", "server_error", "overloaded"),
        id="openai_chat",
    ),
    pytest.param(
        AnthropicCodec(),
        anthropic_wire.text_event("Hi"),
        anthropic_wire.error_body("No.", "overloaded_error"),
        id="anthropic",
    ),
    pytest.param(
        GeminiCodec(),
        gemini_wire.text_event("Hi"),
        gemini_wire.error_body("No.", "UNAVAILABLE", 503),
        id="gemini",
    ),
]


@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "many lines"])
@pytest.mark.parametrize("listed", [False, True], ids=["object", "list"])
@pytest.mark.parametrize("broken", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize(("codec", "text", "body"), WIRES)
def test_reader_raises_an_error_document_behind_events(codec, text, body, broken, listed, indent):
    """By its own code, and not as a stream that just ended; the text before it is delivered."""
    reader = AnswerReader(codec)
    document = json.dumps([body] if listed else body, indent=indent).encode()
    chunks = [chunk for piece in (text, document) for chunk in reader.feed(piece)]
    chunks += (
        reader.break_off(errors.StreamInterruptedError("reset")) if broken else reader.finish()
    )
    assert [chunk.content for chunk in chunks] == ["Hi"]
    assert type(reader.failure) is errors.OverloadedError
    assert "No." in reader.failure.message


@pytest.mark.parametrize("document", [b'{"a": 1}', b'{"error": ', b"[1]", b"[", b"{not json}"])
def test_reader_takes_other_stray_documents_for_nothing(document):
    """A stream without its end stays one."""
    reader = AnswerReader(OpenAIChatCodec())
    reader.feed(openai_wire.text_event("Hi") + document)
    reader.finish()
    assert type(reader.failure) is errors.StreamInterruptedError


def test_reader_loses_nothing_to_a_stray_document_behind_the_finish_reason():
    """The answer was all there."""
    reader = AnswerReader(OpenAIChatCodec())
    events = openai_wire.text_event("Hi") + openai_wire.finish_event()
    chunks = reader.feed(events + json.dumps(openai_wire.error_body("No.")).encode())
    chunks += reader.finish()
    assert (chunks[-1].finish_reason, reader.failure) == ("stop", None)


def test_decoder_keeps_only_the_beginning_of_what_is_stray():
    """Whoever sends no events for ever fills no memory."""
    decoder = Decoder()
    for _ in range(1000):
        decoder.feed(b"{" + b"x" * 1000 + b"\n")
    assert len(decoder.stray) == 64 * 1024


def _said(text):
    """Write an event with text and a finish reason at once."""
    return openai_wire.delta_event({"content": text}, "stop")


@pytest.mark.parametrize(
    "behind",
    [
        openai_wire.error_event(),
        json.dumps(openai_wire.error_body("No.", "server_error")).encode(),
        b"data: " + b"x" * 3000,
    ],
    ids=["error event", "document", "an event too long"],
)
def test_reader_believes_no_finish_reason_that_text_has_followed(behind):
    """What comes behind is then no afterthought."""
    reader = AnswerReader(OpenAIChatCodec(), 2000)
    reader.feed(_said("a") + _said("b"))
    reader.feed(behind)
    reader.finish()
    assert reader.failure is not None
    assert not reader.ended


def test_reader_does_not_warn_of_a_document_behind_the_finish_reason():
    """Nothing of the answer is missing."""
    reader = AnswerReader(OpenAIChatCodec())
    reader.feed(_said("a") + json.dumps(openai_wire.error_body("No.")).encode())
    reader.finish()
    assert (reader.ended, reader.warnings) == (True, [])
