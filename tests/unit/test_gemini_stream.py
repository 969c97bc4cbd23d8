"""One streamed answer of Gemini's wire: what each event says, and when it is complete."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_connectivity import errors
from llm_connectivity.errors import ProviderError, StreamInterruptedError
from llm_connectivity.reader import AnswerReader
from llm_connectivity.sse import Event
from llm_connectivity.types import Usage
from llm_connectivity.wires.gemini import GeminiCodec
from tests.server import gemini_wire as wire

THOUGHT = {"text": "hm", "thought": True}
CALL = {"functionCall": {"name": "weather", "args": {"city": "Paris"}}}
HI = wire.text_event("Hi")
FINISH = wire.finish_event()


def _read(*pieces):
    """Read a whole body; give the reader and all chunks."""
    reader = AnswerReader(GeminiCodec())
    chunks = [chunk for piece in pieces for chunk in reader.feed(piece)]
    return reader, chunks + reader.finish()


def _text(chunks):
    """Give the text of all chunks."""
    return "".join(chunk.content for chunk in chunks)


def _event(data):
    """Take the event out of its bytes."""
    return Event(data.removeprefix(b"data: ").strip())


COMPLETE = [
    pytest.param([HI, FINISH], "Hi", "stop", id="finish"),
    pytest.param([wire.parts_event([{"text": "Hi"}], "STOP")], "Hi", "stop", id="one event"),
    pytest.param([FINISH.rstrip()], "", "stop", id="finish without a blank line"),
    pytest.param([HI, wire.chunk_event([{"finishReason": "STOP"}])], "Hi", "stop", id="no content"),
    pytest.param([HI, wire.finish_event("MAX_TOKENS")], "Hi", "length", id="length"),
    pytest.param([HI, wire.finish_event("SAFETY")], "Hi", "content_filter", id="safety"),
    pytest.param([HI, wire.finish_event("OTHER")], "Hi", "OTHER", id="other"),
    pytest.param([FINISH, wire.finish_event("SAFETY")], "", "content_filter", id="the last counts"),
    pytest.param([FINISH, HI], "Hi", "stop", id="text behind the finish"),
    pytest.param([FINISH, wire.usage_event()], "", "stop", id="usage behind the finish"),
    pytest.param([wire.usage_event(9, 0), HI, FINISH], "Hi", "stop", id="no candidates first"),
    pytest.param([wire.parts_event([THOUGHT]), HI, FINISH], "Hi", "stop", id="thoughts"),
    pytest.param([wire.parts_event([THOUGHT, {"text": "Hi"}]), FINISH], "Hi", "stop", id="mixed"),
    pytest.param([wire.parts_event([CALL]), FINISH], "", "tool_calls", id="a call before"),
    pytest.param([wire.parts_event([CALL], "STOP")], "", "tool_calls", id="a call beside"),
    pytest.param([FINISH, wire.parts_event([CALL])], "", "tool_calls", id="a call behind"),
    pytest.param(
        [wire.parts_event([CALL]), wire.finish_event("SAFETY")], "", "content_filter", id="refused"
    ),
    pytest.param(
        [wire.chunk_event(None, promptFeedback={"blockReason": "SAFETY"})],
        "",
        "content_filter",
        id="blocked prompt",
    ),
    pytest.param([wire.PING, HI, FINISH], "Hi", "stop", id="a comment"),
    pytest.param([FINISH, b"data: {broken\r\n\r\n"], "", "stop", id="garbage behind the finish"),
    pytest.param([FINISH, wire.error_event()], "", "stop", id="error behind the finish"),
    pytest.param([FINISH, b"data: {cut"], "", "stop", id="cut behind the finish"),
    pytest.param([b"data: {}\r\n\r\n", HI, FINISH], "Hi", "stop", id="an event of nothing"),
    pytest.param([wire.text_event("Hi", newField=1), FINISH], "Hi", "stop", id="unknown field"),
    pytest.param(
        [wire.chunk_event([{"index": 1, "content": {"parts": [{"text": "no"}]}}]), HI, FINISH],
        "Hi",
        "stop",
        id="another candidate",
    ),
]


@pytest.mark.parametrize(("pieces", "text", "finish"), COMPLETE)
def test_stream_is_complete_behind_its_finish_reason(pieces, text, finish):
    """This wire has no terminal marker; the closing chunk is the last one."""
    reader, chunks = _read(*pieces)
    assert reader.failure is None
    assert (_text(chunks), chunks[-1].finish_reason) == (text, finish)
    assert [chunk.finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [wire.PING],
        [HI],
        [wire.usage_event()],
        [wire.parts_event([CALL])],
        [HI, wire.parts_event([{"text": ""}], "FINISH_REASON_UNSPECIFIED")],
        [HI, FINISH[:-5]],
        [wire.chunk_event(None, promptFeedback={"safetyRatings": []})],
        [wire.text_event("Hi", promptFeedback={"blockReason": "OTHER"})],
    ],
    ids=[
        "empty",
        "comment",
        "text",
        "usage",
        "call",
        "unspecified",
        "cut finish",
        "feedback",
        "feedback beside text",
    ],
)
def test_stream_without_a_finish_reason_is_interrupted(pieces):
    """It is never taken for an answer."""
    reader, chunks = _read(*pieces)
    assert type(reader.failure) is StreamInterruptedError
    assert all(chunk.content or chunk.tool_calls for chunk in chunks)


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ([None, None], None),
        ([(9, 1), None], Usage(9, 1, 10)),
        ([(9, 1), (9, 7)], Usage(9, 7, 16)),
        ([(9, 7), (3, 0)], Usage(3, 0, 3)),
    ],
    ids=["none", "the first alone", "the last", "the last as a whole"],
)
def test_last_usage_of_a_stream_counts(counts, usage):
    """It is on the closing chunk, whichever event it came with."""
    events = [
        wire.text_event("a", **({"usageMetadata": wire.usage(*count)} if count else {}))
        for count in counts
    ]
    _, chunks = _read(*events, wire.finish_event(usageMetadata=None))
    assert (chunks[-1].usage, {chunk.usage for chunk in chunks[:-1]}) == (usage, {None})


def test_stream_says_what_it_is_of():
    """Model and id are those of the first event that names them."""
    first = wire.text_event("a", modelVersion=None, responseId="")
    reader, _ = _read(first, FINISH, wire.text_event("b", modelVersion="other"))
    assert (reader.summary.model, reader.summary.id) == (wire.MODEL, wire.RESPONSE_ID)


@pytest.mark.parametrize(
    ("parts", "deltas"),
    [
        ([{"text": "a"}], 0),
        ([{"text": ""}], 0),
        ([], 0),
        ([{"text": "", "thought": True}], 0),
        ([{}], 0),
        ([THOUGHT], 0),
        ([THOUGHT, {"text": "a"}], 0),
        ([CALL], 0),
        ([CALL, {"inlineData": {"data": "iVBORw0="}}], 0),
        ([{"executableCode": {"code": "1"}}], 1),
        ([{"newKind": {"a": 1}}], 1),
        ([{"newKind": None}], 0),
        ([{"functionCall": {"willContinue": True}}], 1),
        ([{"inlineData": {"data": "iVBORw0="}}], 1),
        ([{"text": "", "thoughtSignature": "Cg=="}], 1),
    ],
    ids=str,
)
def test_what_no_chunk_tells_of_counts_as_progress(parts, deltas):
    """Signatures, code and data do, also beside usage; signs of life do not."""
    decoder = GeminiCodec().stream_decoder()
    decoder.feed(_event(wire.parts_event(parts, usageMetadata=wire.usage())))
    assert decoder.deltas == deltas


@pytest.mark.parametrize(
    ("body", "cls"),
    [
        (HI + wire.error_event(), errors.ProviderError),
        (wire.error_event("m", "UNAVAILABLE", 503), errors.OverloadedError),
        (wire.event({"error": {"code": 429, "message": "m"}}), errors.RateLimitError),
        (wire.event({"error": "m"}), errors.ProviderError),
        (wire.event({"error": ["m"]}), errors.ProviderError),
        (wire.chunk_event([], error={"code": 401}), errors.AuthenticationError),
        (wire.chunk_event([wire.candidate([])], error={"code": 401}), errors.AuthenticationError),
        (b'event: error\ndata: {"code": 404}\n\n', errors.ModelNotFoundError),
        (b"event: error\ndata: it broke\n\n", errors.ProviderError),
        (b'{"error": {"code": 429, "message": "m"}}', errors.RateLimitError),
        (b'[{\n  "error": {"code": 503, "status": "UNAVAILABLE"}\n}]', errors.OverloadedError),
        (b'{"error": "m"}', errors.ProviderError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value[:40]),
)
def test_error_in_a_stream_is_the_error_its_code_names(body, cls):
    """As an event, or as a body that is no event stream."""
    reader, _ = _read(body)
    assert (type(reader.failure), reader.failure.status_code) == (cls, None)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Bad gateway</html>",
        b"Bad gateway",
        b"[]",
        b'{"choices": []}',
        b"data: {broken\n\n",
        b"data: [1]\n\n",
        b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: {}\n\n',
        b'data: {"type":"message_start","message":{}}\n\ndata: {"type":"message_stop"}\n\n',
        b'data: {"candidates":[{"output":"Hi"}]}\n\n',
        b'data: {"candidates":[{"author":"1","content":"Hi"}]}\n\n',
        b'data: {"candidates":"Hi"}\n\n',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_body_that_is_no_stream_of_this_wire_is_refused(body):
    """It is a `ProviderError` that shows it and is not tried again."""
    reader, chunks = _read(body)
    assert (type(reader.failure), reader.failure.retryable) == (ProviderError, False)
    assert reader.failure.code == "not_an_answer"
    assert chunks == []


def test_whole_answer_to_a_stream_request_is_an_answer():
    """One chunk of text and the closing chunk."""
    import json

    reader, [text, closing] = _read(json.dumps(wire.whole_answer()).encode())
    assert (text.content, closing.finish_reason, closing.usage) == (
        wire.TEXT,
        "stop",
        Usage(9, 7, 16),
    )
    assert reader.warnings


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (["\ud83d", "\ude42"], "🙂"),
        (["a\ud83d", "", "\ude42b"], "a🙂b"),
        (["\ud83d", "a"], "\ufffda"),
        (["a\ud83d"], "a\ufffd"),
    ],
    ids=["a pair", "an empty text between", "half, then a letter", "half before the finish"],
)
def test_stream_mends_surrogates(texts, text):
    """Halves of a pair are joined across events; a lone one becomes U+FFFD."""
    _, chunks = _read(*map(wire.text_event, texts), FINISH)
    assert _text(chunks) == text


def test_stream_gives_half_a_character_with_its_finish():
    """What waited in vain does not wait for the body's end."""
    decoder = GeminiCodec().stream_decoder()
    assert decoder.feed(_event(wire.text_event("a\ud83d"))).content == "a"
    assert decoder.feed(_event(FINISH)).content == "\ufffd"


def test_stream_gives_half_a_character_behind_the_finish():
    """What waited in vain is given at the body's end."""
    _, chunks = _read(FINISH, wire.text_event("a\ud83d"))
    assert _text(chunks) == "a\ufffd"


BODIES = [
    start + b"".join(map(wire.text_event, ("Hello", "!\n", "é🙂\u2028"))) + FINISH
    for start in (b"", b"\xef\xbb\xbf", wire.PING, wire.usage_event(9, 0))
]


@pytest.mark.parametrize("body", BODIES, ids=["plain", "mark", "comment", "usage"])
def test_stream_cut_at_any_byte_is_never_complete_without_its_finish(body):
    """Complete only once the finish event's JSON is whole; interrupted before."""
    complete_from = len(body) - 4  # CR LF CR LF
    for length in range(len(body) + 1):
        reader, chunks = _read(body[:length])
        assert reader.ended == (length >= complete_from)
        assert (reader.failure is None) == reader.ended
        assert any(not chunk.content for chunk in chunks) == reader.ended
        if not reader.ended:
            assert type(reader.failure) is StreamInterruptedError


@pytest.mark.parametrize("body", BODIES, ids=["plain", "mark", "comment", "usage"])
def test_stream_read_byte_by_byte_is_the_same(body):
    """However the reads are cut."""
    whole, cut = _read(body), _read(*(body[i : i + 1] for i in range(len(body))))
    assert cut[1] == whole[1]


@given(data=st.data())
def test_stream_gives_the_same_chunks_for_any_cut(data):
    """Chunks, warnings and failure are the same for any cut and any line ends."""
    texts = data.draw(st.lists(st.text(max_size=8), max_size=4))
    end = data.draw(st.sampled_from([b"", FINISH, wire.error_event(), b"data: {\r\n\r\n"]))
    body = b"".join(map(wire.text_event, texts)) + end
    body = body.replace(b"\r\n", data.draw(st.sampled_from([b"\n", b"\r", b"\r\n"])))
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in pairwise([0, *places, len(body)])]
    (whole, chunks), (cut, cut_chunks) = _read(body), _read(*pieces)
    assert cut_chunks == chunks
    assert (cut.warnings, str(cut.failure)) == (whole.warnings, str(whole.failure))


REPEATED = wire.parts_event([{"text": "Hi"}], "STOP")


def test_finish_reason_that_is_repeated_with_each_event_proves_nothing():
    """Some servers say STOP all along: once text has come behind it, a break is an interruption."""
    reader = AnswerReader(GeminiCodec())
    chunks = reader.feed(REPEATED)
    assert (reader.finished, reader.went_on) == (True, False)
    chunks += reader.feed(REPEATED)
    assert reader.went_on
    chunks += reader.break_off(StreamInterruptedError("reset"))
    assert _text(chunks) == "HiHi"
    assert (reader.ended, type(reader.failure)) == (False, StreamInterruptedError)


def test_finish_reason_that_is_repeated_ends_with_the_body():
    """Its proper end is then the end of the answer."""
    reader, chunks = _read(REPEATED, REPEATED, REPEATED)
    assert (_text(chunks), chunks[-1].finish_reason, reader.failure) == ("HiHiHi", "stop", None)


def test_error_behind_a_repeated_finish_reason_is_raised():
    """It is not behind the end of the answer."""
    reader, chunks = _read(REPEATED, REPEATED, wire.error_event())
    assert _text(chunks) == "HiHi"
    assert isinstance(reader.failure, ProviderError)
