"""What servers on OpenAI's wire have been seen to send, in the forms that need a closer look."""

import json

import pytest

from llm_connectivity import errors
from llm_connectivity.errors import ErrorFacts
from llm_connectivity.reader import AnswerReader
from llm_connectivity.tool_calls import join_calls
from llm_connectivity.wires.openai_chat import OpenAIChatCodec
from llm_connectivity.wires.openai_chat.answer import read_usage


def _call(name=None, arguments=None, **fields):
    """Give a call, or a piece of one, as JSON."""
    function = {"name": name, "arguments": arguments}
    return {**fields, "function": {k: v for k, v in function.items() if v is not None}}


def _stream(deltas):
    """Write a stream of these deltas, which ends as one with calls does."""
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    events = [{"id": "c", "model": "m", "choices": [choice]} for choice in choices]
    lines = [json.dumps(event) for event in events]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


def _read(data, size):
    """Read the calls of a stream that comes in pieces of this size."""
    reader = AnswerReader(OpenAIChatCodec())
    chunks = [c for i in range(0, len(data), size) for c in reader.feed(data[i : i + size])]
    chunks += reader.finish()
    assert reader.failure is None
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    return [(c.name, c.arguments) for c in join_calls(pieces, "c", reader.finish_reason)]


_TWO = [("weather", {"city": "Oslo"}), ("time", {"zone": "CET"})]

STREAMED = [
    pytest.param(
        [
            {"tool_calls": [_call("weather", "", id="w_0"), _call("time", "", id="t_1")]},
            {"tool_calls": [_call(None, '{"city": "Oslo"}'), _call(None, '{"zone": "CET"}')]},
        ],
        _TWO,
        id="Moonshot: no numbers, pieces in the order of the calls",
    ),
    pytest.param(
        [
            {"tool_calls": [_call("weather", '{"ci', id="w_0"), _call("time", '{"zo', id="t_1")]},
            {"tool_calls": [_call(None, 'ne": "CET"}', index=1)]},
            {"tool_calls": [_call(None, 'ty": "Oslo"}', index=0)]},
        ],
        _TWO,
        id="Moonshot: numbers from the second event on",
    ),
    pytest.param(
        [
            {"tool_calls": [_call("weather", '{"city": ', id="w_0")]},
            {"tool_calls": [_call(None, '"Oslo"}')]},
            {"tool_calls": [_call("time", '{"zone": ', id="t_1")]},
            {"tool_calls": [_call(None, '"CET"}', index=1)]},
        ],
        _TWO,
        id="no numbers, one call after the other",
    ),
    pytest.param(
        [{"tool_calls": [_call("now", "", index=0, id=""), _call("here", "", index=0, id="")]}],
        [("now", {}), ("here", {})],
        id="one number for two calls without ids and arguments",
    ),
    pytest.param(
        [
            {"tool_calls": [_call("now", "{}", index=0, id="n_0")]},
            {"function_call": {"name": "now", "arguments": "{}"}},
        ],
        [("now", {})],
        id="a gateway repeats the call in the older form",
    ),
    pytest.param(
        [
            {"tool_calls": _call("weather", '{"city": ', index=0, id="", type="function")},
            {"tool_calls": _call(None, '"Oslo"}', index=0, id="", type="function")},
        ],
        _TWO[:1],
        id="TGI: one call in place of the list",
    ),
    pytest.param(
        [
            {"tool_calls": [_call("weather", '{"city', index=0, id="")]},
            {"tool_calls": [_call("weather", '": "Oslo"', index=0, id="")]},
            {"tool_calls": [_call("weather", "}", index=0, id="")]},
        ],
        _TWO[:1],
        id="TGI: the name again with each piece",
    ),
]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(("deltas", "calls"), STREAMED)
def test_streamed_calls_are_told_apart(deltas, calls, size):
    """Each call has its own arguments, however they are numbered and cut."""
    assert _read(_stream(deltas), size) == calls


WHOLE = [
    pytest.param(
        {"tool_calls": [_call("w", '{"n": 1}', id="w"), _call("w", '{"n": 2}', id="w")]},
        [("w", {"n": 1}), ("w", {"n": 2})],
        id="the function's name as the id of both",
    ),
    pytest.param(
        {"tool_calls": [_call("now", None, index=0), _call("here", None, index=0)]},
        [("now", {}), ("here", {})],
        id="one number for two calls without ids and arguments",
    ),
    pytest.param(
        {
            "tool_calls": [_call("now", "{}", id="n_0")],
            "function_call": {"name": "now", "arguments": "{}"},
        },
        [("now", {})],
        id="a gateway repeats the call in the older form",
    ),
    pytest.param(
        {
            "tool_calls": [
                {
                    "id": 0,
                    "type": "function",
                    "function": {
                        "description": None,
                        "name": "weather",
                        "parameters": {"city": "Oslo"},
                    },
                }
            ]
        },
        _TWO[:1],
        id="TGI: parameters in place of arguments, and a number as the id",
    ),
]


@pytest.mark.parametrize(("message", "calls"), WHOLE)
def test_listed_calls_are_calls_of_their_own(message, calls):
    """Each call in the list of a whole answer is one, whatever its id and number."""
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    answer = OpenAIChatCodec().parse_chat({"id": "c", "model": "m", "choices": [choice]})
    assert [(call.name, call.arguments) for call in answer.tool_calls] == calls


def test_tokens_written_into_a_cache_are_counted_in_either_spelling():
    """DashScope names them as Anthropic does, among the details of the prompt."""
    details = {"cached_tokens": 20, "cache_creation_input_tokens": 50, "cache_type": "ephemeral"}
    usage = read_usage(
        {"prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": details}
    )
    assert (usage.prompt_tokens, usage.cached_tokens, usage.cache_write_tokens) == (90, 20, 50)


FAILURES = [
    pytest.param(
        404,
        [{"error": {"code": 404, "message": "models/x is not found.", "status": "NOT_FOUND"}}],
        (errors.ModelNotFoundError, "404", "models/x is not found."),
        id="Gemini: in a list",
    ),
    pytest.param(
        400,
        [{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum."}}],
        (errors.ContextWindowExceededError, "400", "The input token count (9) exceeds"),
        id="Gemini: in a list, a full context",
    ),
]


@pytest.mark.parametrize(("status", "body", "expected"), FAILURES)
def test_failure_is_read_out_of_a_list(status, body, expected):
    """Class, code and words are those of the only error document in the list."""
    cls, code, words = expected
    error = OpenAIChatCodec().map_error(ErrorFacts(status=status, body=body))
    assert (type(error), error.code) == (cls, code)
    assert error.message.startswith(words)


def test_sources_whose_titles_come_later_are_told_once():
    """Perplexity: addresses with the first event, the same with titles later."""
    addresses = ["https://a.example", "https://b.example"]
    results = [{"url": url, "title": f"Page {i}"} for i, url in enumerate(addresses)]
    events = [
        {
            "model": "m",
            "choices": [{"index": 0, "delta": {"content": "Hi"}}],
            "citations": addresses,
        },
        {
            "model": "m",
            "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
            "citations": addresses,
            "search_results": results,
        },
    ]
    reader = AnswerReader(OpenAIChatCodec())
    data = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    chunks = [*reader.feed(data), *reader.finish()]
    assert [c.url for chunk in chunks for c in chunk.citations] == addresses


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 400, "message": "the request exceeds the available context size."}},
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but 537812 came.",
        },
    ],
    ids=["llama.cpp", "xAI"],
)
def test_full_context_is_known_by_the_words_of_servers_without_a_code(body):
    """So that a fallback with a longer one can be asked."""
    error = OpenAIChatCodec().map_error(ErrorFacts(status=400, body=body))
    assert type(error) is errors.ContextWindowExceededError


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_stream_without_blank_lines_between_its_events_is_read(size):
    """As GLM and Kimi have sent it."""
    calls = [{"tool_calls": [_call("weather", '{"city": "Oslo"}', id="w_0", index=0)]}]
    assert _read(_stream(calls).replace(b"\n\n", b"\n"), size) == _TWO[:1]
