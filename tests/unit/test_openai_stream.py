"""What a stream on OpenAI's wire brings besides text, event by event."""

import json

import pytest

from llm_connectivity.sse import Event
from llm_connectivity.tool_calls import join_calls
from llm_connectivity.types import Citation, ToolCallDelta
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from tests.growth import assert_linear


def _event(delta=None, finish=None, **fields):
    """Make an event with one choice."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "model": "m", "choices": [choice], **fields}


def _decode(*events, keeps=True):
    """Feed events to a decoder; give it, and the chunks."""
    decoder = OpenAIChatCodec().stream_decoder(keeps=keeps)
    chunks = [decoder.feed(Event(json.dumps(event).encode())) for event in events]
    chunks.append(decoder.feed(Event(b"[DONE]")))
    return decoder, [chunk for chunk in chunks if chunk is not None]


def _refuse(*pieces, keeps=True):
    """Give the refusal that these pieces make."""
    events = [_event({"refusal": piece}) for piece in pieces]
    return _decode(*events, keeps=keeps)[0].about.get("refusal")


@pytest.mark.parametrize(
    ("pieces", "refusal"),
    [
        pytest.param(["", "I ", "won't."], "I won't.", id="in pieces"),
        pytest.param([None, "No"], "No", id="null"),
        pytest.param(["", None], None, id="none"),
        pytest.param([{"a": 1}], None, id="an object"),
        pytest.param(["\ud83d", "\ude00"], "\U0001f600", id="halves of a character"),
        pytest.param(["No \ud83d"], "No \ufffd", id="half a character at the end"),
    ],
)
def test_stream_refusal_is_put_together(pieces, refusal):
    """It is no text, and is told with the answer."""
    assert _refuse(*pieces) == refusal


def test_stream_refusal_is_not_kept_where_nothing_is():
    """Memory does not grow."""
    assert _refuse("I ", "won't.", keeps=False) is None


def test_answer_refusal_has_whole_characters():
    """As that of a stream."""
    message = {"role": "assistant", "content": None, "refusal": "No \ud83d"}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    assert OpenAIChatCodec().parse_chat(body).refusal == "No \ufffd"


@pytest.mark.parametrize(
    ("delta", "news"),
    [
        pytest.param({"content": "a"}, 0, id="text"),
        pytest.param({"role": "assistant", "content": ""}, 0, id="no text"),
        pytest.param({"reasoning": "a"}, 0, id="reasoning, which is on the chunk"),
        pytest.param({"tool_calls": [{"function": {"name": "a"}}]}, 0, id="a call, too"),
        pytest.param({"tool_calls": [{"function": {"arguments": "{"}}]}, 1, id="not one yet"),
        pytest.param({"refusal": "No"}, 1, id="a refusal"),
        pytest.param({"refusal": None, "tool_calls": [], "reasoning": ""}, 0, id="stubs"),
        pytest.param({"reasoning_details": [{"data": "x"}]}, 1, id="what is encrypted"),
        pytest.param({"images": [{"type": "image_url"}]}, 1, id="an image"),
        pytest.param({"novel": {"a": 1}}, 1, id="what nobody knows yet"),
        pytest.param(None, 0, id="null"),
        pytest.param([], 0, id="a list"),
        pytest.param("a", 0, id="a text in its place"),
    ],
)
def test_stream_counts_what_no_chunk_tells(delta, news):
    """It is new, so the stream is alive."""
    assert _decode(_event(delta))[0].deltas == news


def test_stream_sources_are_told_once():
    """Some servers repeat them with each event; what is new comes with the event that brings it."""
    one, two = "https://one.example", "https://two.example"
    _, chunks = _decode(
        _event({"content": "a"}, citations=[one]),
        _event({"content": "b"}, citations=[one, two]),
        {"object": "chat.completion.chunk", "choices": [], "citations": [one, two]},
    )
    told = [[citation.url for citation in chunk.citations] for chunk in chunks]
    assert told == [[one], [two]]


def test_stream_sources_may_come_without_choices():
    """In an event of their own."""
    event = {"object": "chat.completion.chunk", "choices": [], "citations": ["https://a.example"]}
    _, (chunk, _) = _decode(event, _event({"content": "a"}))
    assert chunk.citations == (Citation(url="https://a.example", raw={"url": "https://a.example"}),)


def test_stream_of_one_event_brings_all_at_once():
    """Text, reasoning and a call of one delta are on one chunk, with the finish reason."""
    delta = {
        "content": "a",
        "reasoning_content": "b",
        "tool_calls": [{"id": "1", "function": {"name": "c", "arguments": "{}"}}],
    }
    _, (chunk,) = _decode(_event(delta, "tool_calls"))
    assert (chunk.content, chunk.reasoning, chunk.finish_reason) == ("a", "b", "tool_calls")
    assert chunk.tool_calls == (ToolCallDelta(0, "1", "c", "{}"),)


def test_stream_keeps_what_goes_back_only_where_it_is_wanted():
    """With ``keeps=False`` there is none of it."""
    event = _event({"reasoning_content": "a"})
    assert _decode(event)[0].verbatim == {"reasoning_content": "a"}
    assert _decode(event, keeps=False)[0].verbatim is None


@pytest.mark.parametrize(
    ("events", "about"),
    [
        pytest.param([_event({})], ("m", "chatcmpl-1", None), id="from the first event"),
        pytest.param(
            [_event({}, id="", model=""), _event({})], ("m", "chatcmpl-1", None), id="or the next"
        ),
        pytest.param(
            [_event({}, service_tier=None), _event({}, service_tier="flex")],
            ("m", "chatcmpl-1", "flex"),
            id="the tier at any time",
        ),
        pytest.param(
            [_event({}, service_tier="flex"), _event({}, service_tier=None)],
            ("m", "chatcmpl-1", "flex"),
            id="null takes nothing away",
        ),
        pytest.param(
            [_event({}, id=1, model=["m"], service_tier={})], ("", None, None), id="other types"
        ),
    ],
)
def test_stream_tells_of_itself(events, about):
    """Model, id and tier, as far as they are texts."""
    told = _decode(*events)[0].about
    assert (told["model"], told["id"], told["service_tier"]) == about


USAGE = {
    "object": "chat.completion.chunk",
    "choices": [],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


@pytest.mark.parametrize("end", [[], [USAGE]], ids=["marker", "usage"])
def test_stream_gives_halves_of_characters_at_its_end(end):
    """Whatever ends it; as U+FFFD, which a whole answer has for them too."""
    call = {"id": "1", "function": {"name": "f", "arguments": '"\ud83d'}}
    message = {
        "content": "a\ud83d",
        "reasoning": "b\ud83d",
        "refusal": "c\ud83d",
        "tool_calls": [call],
    }
    decoder, chunks = _decode(_event(message), _event({}, "stop"), *end)
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    whole = OpenAIChatCodec().parse_chat(body)
    assert "".join(chunk.content for chunk in chunks) == whole.content == "a\ufffd"
    assert "".join(chunk.reasoning for chunk in chunks) == whole.reasoning == "b\ufffd"
    assert decoder.about["refusal"] == whole.refusal == "c\ufffd"
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert join_calls(pieces, None, "stop") == whole.tool_calls
    assert whole.tool_calls[0].arguments_text == '"\ufffd'


def test_stream_sources_of_one_event_are_told_once():
    """As those of a whole answer."""
    page = {"type": "url_citation", "url_citation": {"url": "https://a.example"}}
    message = {"content": "a", "annotations": [page, page]}
    _, (chunk, *_) = _decode(_event(message))
    whole = OpenAIChatCodec().parse_chat({"choices": [{"message": message}]})
    assert chunk.citations == whole.citations
    assert len(whole.citations) == 1


def test_stream_of_many_sources_takes_a_time_that_grows_with_them():
    """Each is looked up once; whole answers, too."""

    def read(count: int) -> None:
        pages = [{"url": f"https://a.example/{i}", "title": "t"} for i in range(count)]
        _, chunks = _decode(*(_event({"annotations": [page]}) for page in pages))
        assert sum(len(chunk.citations) for chunk in chunks) == count
        body = {"choices": [{"message": {"content": "a"}}], "search_results": pages}
        assert len(OpenAIChatCodec().parse_chat(body).citations) == count

    assert_linear(read, 600)


def test_stream_remembers_the_last_sources_where_nothing_is_kept():
    """And no more than 1,000 of them."""
    urls = [f"https://a.example/{i}" for i in range(1001)]
    events = [_event({"annotations": [{"url": url}]}) for url in [*urls, urls[1], urls[0]]]
    _, chunks = _decode(*events, keeps=False)
    assert [c.url for chunk in chunks for c in chunk.citations] == [*urls, urls[0]]


def test_stream_keeps_what_tells_that_a_message_is_the_same():
    """As a whole answer does: its text, wherever it was cut, and its calls."""
    signed = {"reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "s"}]}
    call = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    deltas = [{"content": "Hi \ud83d"}, {"content": "\ude00"}, signed, {"tool_calls": [call]}]
    message = {"content": "Hi \U0001f600", "tool_calls": [call], **signed}
    whole = OpenAIChatCodec().parse_chat({"choices": [{"message": message}]})
    assert _decode(*map(_event, deltas))[0].verbatim == whole._verbatim


def _message(message, **fields):
    """Make an event that holds a message where others have a delta."""
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "choices": [choice], **fields}


_CALL = {"index": 0, "id": "c_1", "function": {"name": "look", "arguments": "{}"}}
_SIGNED = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"content": "Oslo."}, id="text"),
        pytest.param({"content": "Oslo.", "reasoning_content": "Hm."}, id="text and reasoning"),
        pytest.param({"reasoning_details": [{"index": 0, "text": "Hm."}]}, id="details"),
        pytest.param({"reasoning": "Hm.", "thinking_blocks": [_SIGNED]}, id="signed thinking"),
        pytest.param({"content": [{"type": "text", "text": "Oslo."}]}, id="text in a list"),
        pytest.param({"tool_calls": [_CALL]}, id="a call"),
        pytest.param({"refusal": "No."}, id="a refusal"),
    ],
)
@pytest.mark.parametrize("keeps", [True, False])
def test_stream_that_ends_with_its_whole_message_tells_nothing_twice(told, keeps):
    """MiniMax ends a stream so; what the deltas have not told is taken from there."""
    usage = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
    once, expected = _decode(_event(told), _event({}, "stop", usage=usage), keeps=keeps)
    decoder, chunks = _decode(
        _event(told), _message({**told, "role": "a"}, usage=usage), keeps=keeps
    )
    for name in ("content", "reasoning", "tool_calls", "finish_reason"):
        assert [getattr(c, name) for c in chunks] == [getattr(c, name) for c in expected]
    for name in ("usage", "verbatim"):
        assert getattr(decoder, name) == getattr(once, name)
    assert decoder.about.get("refusal") == once.about.get("refusal")


def test_stream_takes_from_its_whole_message_what_no_delta_has_told():
    """Here the call."""
    _, chunks = _decode(
        _event({"content": "Look."}), _message({"content": "Look.", "tool_calls": [_CALL]})
    )
    assert "".join(chunk.content for chunk in chunks) == "Look."
    assert [piece.name for chunk in chunks for piece in chunk.tool_calls] == ["look"]


def test_stream_of_messages_tells_each_of_them():
    """Some servers say message where others say delta, and mean the same."""
    _, chunks = _decode(_message({"content": "Os", "reasoning": "H"}), _message({"content": "lo"}))
    assert "".join(chunk.content for chunk in chunks) == "Oslo"
