"""Shapes of Gemini's wire that its documentation does not show: enums as numbers, other ends."""

import pytest

from llm_connectivity import errors
from llm_connectivity.errors import ErrorFacts
from llm_connectivity.reader import AnswerReader
from llm_connectivity.sse import Event
from llm_connectivity.types import StreamChunk
from llm_connectivity.wires.gemini import GeminiCodec
from tests.server import gemini_wire as wire

CALL = {"functionCall": {"name": "weather", "args": {"city": "Paris"}}}
HALF_A_CALL = {"functionCall": {"name": "weather", "willContinue": True}}
DONE = b"data: [DONE]\n\n"


def _parse(**fields):
    """Read a whole answer in which these fields are replaced."""
    return GeminiCodec().parse_chat(wire.whole_answer(**fields))


def _read(*pieces, size=1 << 30):
    """Read a stream in pieces of a size; give the reader and all chunks."""
    reader, body = AnswerReader(GeminiCodec()), b"".join(pieces)
    chunks: list[StreamChunk] = []
    for i in range(0, len(body), size):
        chunks += reader.feed(body[i : i + size])
    return reader, chunks + reader.finish()


REASONS = [
    pytest.param(1, "STOP", "stop", id="stop"),
    pytest.param(2, "MAX_TOKENS", "length", id="length"),
    pytest.param(3, "SAFETY", "content_filter", id="safety"),
    pytest.param(4, "RECITATION", "content_filter", id="recitation"),
    pytest.param(5, "OTHER", "OTHER", id="other"),
    pytest.param(6, "6", "6", id="a number that each API reads in its own way"),
]


@pytest.mark.parametrize(("number", "word", "reason"), REASONS)
def test_finish_reason_may_be_a_number(number, word, reason):
    """Whole and streamed, a number stands for the word it numbers."""
    answer = _parse(candidates=[{"content": {"parts": [{"text": "Hi"}]}, "finishReason": number}])
    assert (answer.raw_finish_reason, answer.finish_reason) == (word, reason)
    _, chunks = _read(wire.text_event("Hi"), wire.chunk_event([{"finishReason": number}]))
    assert [chunk.content for chunk in chunks] == ["Hi", ""]
    assert (chunks[-1].raw_finish_reason, chunks[-1].finish_reason) == (word, reason)


def test_stop_as_a_number_beside_a_call_is_tool_calls():
    """A call has come: the caller has to go on."""
    answer = _parse(candidates=[{"content": {"parts": [CALL]}, "finishReason": 1}])
    assert (answer.raw_finish_reason, answer.finish_reason) == ("STOP", "tool_calls")


@pytest.mark.parametrize(
    "value", [0, -1, True, 1.0, [1], {}], ids=["unset", "negative", "bool", "float", "list", "dict"]
)
def test_finish_reason_that_says_nothing_is_none(value):
    """Nothing is made up of what is no reason."""
    answer = _parse(candidates=[{"content": {"parts": [{"text": "Hi"}]}, "finishReason": value}])
    assert (answer.content, answer.finish_reason, answer.raw_finish_reason) == ("Hi", None, None)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        pytest.param(1, "SAFETY", id="safety"),
        pytest.param(2, "OTHER", id="other"),
        pytest.param(4, "PROHIBITED_CONTENT", id="prohibited"),
        pytest.param(5, "5", id="a number that each API reads in its own way"),
    ],
)
def test_block_reason_may_be_a_number(number, word):
    """A prompt that was blocked stays blocked, whatever the number."""
    answer = _parse(candidates=None, promptFeedback={"blockReason": number})
    assert (answer.raw_finish_reason, answer.finish_reason) == (word, "content_filter")


def test_sound_may_be_a_number():
    """Tokens of sound are told by their modality's number too."""
    told = [{"modality": 1, "tokenCount": 2}, {"modality": 4, "tokenCount": 5}]
    usage = _parse(usageMetadata={"promptTokenCount": 7, "promptTokensDetails": told}).usage
    assert usage is not None
    assert usage.audio_tokens == 5


@pytest.mark.parametrize("size", [1, 7, 1 << 30], ids=["bytes", "pieces", "whole"])
@pytest.mark.parametrize(
    ("events", "text", "reason"),
    [
        pytest.param([wire.text_event("Hi"), wire.finish_event()], "Hi", "stop", id="a finish"),
        pytest.param([wire.text_event("Hi")], "Hi", None, id="no finish"),
        pytest.param([wire.text_event("Hi \ud83d")], "Hi \ufffd", None, id="half a character"),
    ],
)
def test_marker_of_a_gateway_ends_a_stream(events, text, reason, size):
    """It ends the answer like other wires' markers, without a warning."""
    reader, chunks = _read(*events, DONE, size=size)
    assert reader.failure is None
    assert "".join(chunk.content for chunk in chunks) == text
    assert (reader.ended, chunks[-1].finish_reason, reader.warnings) == (True, reason, [])


def test_marker_of_a_gateway_ends_a_call_that_is_not_whole():
    """What has come of the call is given, cut, so that nobody runs it."""
    reader, chunks = _read(wire.parts_event([HALF_A_CALL]), DONE)
    assert reader.failure is None
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert [(piece.name, piece.arguments_text) for piece in pieces] == [
        ("weather", ""),
        (None, "{"),
    ]


def test_marker_of_a_gateway_alone_is_no_answer():
    """Without an event of this wire nothing has ended."""
    reader, chunks = _read(DONE)
    assert chunks == []
    assert isinstance(reader.failure, errors.StreamInterruptedError)


def test_marker_says_nothing_to_a_decoder_that_waits():
    """It is not taken for the first event."""
    decoder = GeminiCodec().stream_decoder()
    assert decoder.feed(Event(b"[DONE]")) is None
    assert (decoder.terminal, decoder.last) == (False, None)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("The input token count exceeds the maximum of 1048576.", id="the Gemini API"),
        pytest.param(
            "The input token count is 48261 but model only supports up to 32768.", id="Vertex AI"
        ),
        pytest.param(
            "The input token count is 20923 but the model supports up to 20000.", id="article"
        ),
    ],
)
def test_full_context_in_the_words_of_both_apis(message):
    """The status is the general one; the words decide."""
    body = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    error = GeminiCodec().map_error(ErrorFacts(status=400, body=body))
    assert type(error) is errors.ContextWindowExceededError


def test_limits_of_other_numbers_are_no_full_context():
    """A setting out of its range is a wrong request."""
    message = "It has a maxOutputTokens value of 100117 but the supported range is up to 65537."
    body = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    error = GeminiCodec().map_error(ErrorFacts(status=400, body=body))
    assert type(error) is errors.ValidationError


CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}


@pytest.mark.parametrize("size", [1, 7, 1 << 30], ids=["bytes", "pieces", "whole"])
def test_stop_beside_code_to_run_is_not_the_end(size):
    """The vendor runs it, which may take a while, and goes on: nothing is to be closed yet."""
    beside, behind = wire.parts_event([CODE], "STOP"), wire.parts_event([{"text": "One."}], "STOP")
    reader = AnswerReader(GeminiCodec())
    assert reader.feed(beside) == []
    assert not reader.finished
    reader, chunks = _read(beside, behind, size=size)
    assert [(chunk.content, chunk.finish_reason) for chunk in chunks] == [
        ("One.", None),
        ("", "stop"),
    ]


@pytest.mark.parametrize("end", [b"", DONE], ids=["end of the body", "marker of a gateway"])
def test_stop_beside_code_counts_where_nothing_follows(end):
    """The answer is complete all the same, with the vendor's reason."""
    reader, chunks = _read(wire.parts_event([CODE], "STOP"), end)
    assert reader.failure is None
    assert [(chunk.finish_reason, chunk.raw_finish_reason) for chunk in chunks] == [
        ("stop", "STOP")
    ]


def _array(*events):
    """Put what events hold into one JSON array."""
    return b"[" + b",\r\n".join(e.removeprefix(b"data: ").strip() for e in events) + b"]"


@pytest.mark.parametrize("size", [1, 7, 1 << 30], ids=["bytes", "pieces", "whole"])
def test_stream_as_an_array_is_read(size):
    """Without ``alt=sse`` the vendor puts the same events into one array."""
    events = (wire.text_event("Hi"), wire.text_event(" there"), wire.finish_event())
    reader, chunks = _read(_array(*events), size=size)
    assert reader.failure is None
    assert [(c.content, c.finish_reason) for c in chunks] == [
        ("Hi", None),
        (" there", None),
        ("", "stop"),
    ]
    assert len(reader.warnings) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(_array(wire.text_event("Hi")), errors.StreamInterruptedError, id="no finish"),
        pytest.param(_array(wire.error_event()), errors.LLMError, id="an error"),
        pytest.param(b'[{"choices": []}]', errors.ProviderError, id="another wire"),
        pytest.param(b'[{"candidates": ', errors.ProviderError, id="cut"),
        pytest.param(b"[]", errors.ProviderError, id="empty"),
        pytest.param(b'["text"]', errors.ProviderError, id="texts"),
    ],
)
def test_array_that_is_no_stream_is_refused(body, error):
    """It fails as the same events would."""
    reader, _ = _read(body)
    assert isinstance(reader.failure, error)


@pytest.mark.parametrize("size", [1, 7, 1 << 30], ids=["bytes", "pieces", "whole"])
def test_stream_without_blank_lines_is_read(size):
    """Some servers end each event with its line."""
    events = (wire.text_event("Two "), wire.text_event("tides"), wire.finish_event())
    reader, chunks = _read(*(event.strip() + b"\n" for event in events), size=size)
    assert (reader.failure, reader.warnings) == (None, [])
    assert [(c.content, c.finish_reason) for c in chunks] == [
        ("Two ", None),
        ("tides", None),
        ("", "stop"),
    ]
