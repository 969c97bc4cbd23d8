"""Answers, whole and streamed, and the requests for them, on every wire that aimock speaks."""

from typing import Any

import pytest

from llm_connectivity import AuthenticationError, LLMClient, Message
from tests.servers.aimock import Aimock
from tests.servers.asking import KEY, ask, check_stream, connect, counts, fail, sent_counts
from tests.servers.replies import CITIES, HELLO, STORY, THOUGHT, WEATHER
from tests.servers.wires import KEY_HEADERS, OPENAI, Wire


def test_chat_gives_text_finish_reason_and_usage(
    server: Aimock, client: LLMClient, wire: Wire
) -> None:
    """A whole answer has the server's text, its finish reason and its own numbers."""
    response = client.chat("Say hello.")
    assert (response.content, response.finish_reason) == (HELLO, "stop")
    assert response.raw_finish_reason == wire.raw_stop
    assert counts(response) == sent_counts(wire)
    assert [attempt.error for attempt in response.attempts] == [None]
    assert server.requests()[0]["headers"]["x-request-id"] == response.request_id


def test_stream_gives_the_same_in_pieces(client: LLMClient, wire: Wire) -> None:
    """A stream has the whole answer's text in pieces, and one closing chunk at its end."""
    stream = client.chat_stream("Say hello.")
    check_stream(list(stream), client.chat("Say hello.").content, wire)
    assert (stream.text, stream.finish_reason, stream.warnings) == (HELLO, "stop", ())
    assert (stream.provider, stream.response.raw_finish_reason) == (wire.provider, wire.raw_stop)
    assert counts(stream.response) == sent_counts(wire)


def test_stream_of_a_long_text_in_small_chunks(client: LLMClient, wire: Wire) -> None:
    """Thousands of characters in chunks of three arrive whole, cut surrogate pairs mended."""
    chunks = list(client.chat_stream("Tell a story."))
    check_stream(chunks, STORY, wire)
    assert len(chunks) > len(STORY) / 4


def test_thoughts_are_no_text(client: LLMClient, streamed: bool) -> None:
    """What a model thinks before it answers is not in the answer's text, but told."""
    answer = ask(client, "Think first.", streamed=streamed)
    assert (answer.content, answer.finish_reason) == (HELLO, "stop")
    assert answer.reasoning == THOUGHT


def test_calls_are_run_and_answered(server: Aimock, client: LLMClient, streamed: bool) -> None:
    """Two calls in one answer, and the next request with what they have given."""
    messages: list[Message] = [{"role": "user", "content": "What is the weather?"}]
    answer = ask(client, messages, streamed=streamed, tools=[WEATHER])
    # The latter is aimock's own word on Gemini's wire, and so stays what it is.
    assert answer.finish_reason in ("tool_calls", "FUNCTION_CALL")
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [
        ("weather", city) for city in CITIES
    ]
    messages.append(answer.to_message())
    for call in answer.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "It is dry."})
    again = ask(client, messages, streamed=streamed, tools=[WEATHER])
    assert (again.content, again.finish_reason) == ("Dry in both.", "stop")
    assert len(server.requests()) == 2


def test_address_in_its_other_form_is_the_same(server: Aimock, wire: Wire) -> None:
    """The root of the API may be given with or without what the vendor's own SDK adds."""
    with connect(server, wire, base_url=server.origin + wire.other_base) as client:
        assert client.chat("Say hello.").content == HELLO
    assert server.requests()[0]["path"] == wire.path


def test_request_as_the_server_read_it(server: Aimock, client: LLMClient, wire: Wire) -> None:
    """The server reads model, messages, options and the key's header as they were meant."""
    messages: Any = [
        {"role": "system", "content": "Be brief. Grüße, 你好 😀"},
        {"role": "user", "content": "Say goodbye."},
        {"role": "assistant", "content": "Goodbye."},
        {"role": "user", "content": "Say hello."},
    ]
    client.chat(messages, temperature=0.5, max_tokens=50)
    (entry,) = server.requests()
    assert (entry["method"], entry["path"]) == ("POST", wire.path)
    assert entry["headers"]["user-agent"].startswith("llm-connectivity/")
    assert entry["headers"].keys() & KEY_HEADERS == {wire.key_header}
    # Of the other wires' bodies aimock keeps what it made of them, in OpenAI's form.
    body = entry["body"]
    assert body["_endpointType"] == "chat"  # aimock's own note
    assert (body["model"], body["messages"]) == (wire.model_name, messages)
    assert (body["temperature"], body["max_tokens"]) == (0.5, 50)
    assert not body.get("stream")


def test_openai_body_has_nothing_else(server: Aimock) -> None:
    """OpenAI's body, the only one that aimock keeps as it came, has what was given and no more."""
    with connect(server, OPENAI) as client:
        client.chat("Say hello.", stop=["END"], seed=7)
    (body,) = server.bodies()
    assert body.pop("_endpointType") == "chat"
    assert body == {
        "model": OPENAI.model_name,
        "messages": [{"role": "user", "content": "Say hello."}],
        "stop": ["END"],
        "seed": 7,
    }


def test_stream_request_as_the_server_read_it(
    server: Aimock, client: LLMClient, wire: Wire
) -> None:
    """A stream is asked for once, and where the wire wants it, with usage at its end."""
    list(client.chat_stream("Say hello."))
    (entry,) = server.requests()
    assert (entry["method"], entry["path"]) == ("POST", wire.stream_path)
    assert entry["body"]["messages"] == [{"role": "user", "content": "Say hello."}]
    assert entry["body"]["stream"] is True
    usage = {"include_usage": True} if wire is OPENAI else None
    assert entry["body"].get("stream_options") == usage


def test_key_opens_a_guarded_server(guarded: Aimock, wire: Wire, streamed: bool) -> None:
    """A server that checks keys takes the right one."""
    with connect(guarded, wire) as client:
        assert ask(client, "Say hello.", streamed=streamed).content == HELLO


def test_wrong_key_is_refused_and_not_shown(guarded: Aimock, wire: Wire, streamed: bool) -> None:
    """A wrong key is refused at the first try, in OpenAI's form on all wires, and not shown."""
    with connect(guarded, wire, api_key="another-key-456") as client:
        error = fail(client, "Say hello.", streamed=streamed)
    assert (type(error), error.status_code, len(error.attempts)) == (AuthenticationError, 401, 1)
    assert KEY not in repr(error) and "another-key-456" not in f"{error!r} {error.body}"


@pytest.mark.parametrize("variables", [False, True], ids=["arguments", "variables"])
def test_address_and_key_may_be_variables(
    guarded: Aimock, wire: Wire, variables: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Address and key are taken from the environment where they are not given."""
    monkeypatch.setenv(wire.base_variable, guarded.origin + wire.base)
    monkeypatch.setenv(wire.key_variable, KEY if variables else "another-key-456")
    options: dict[str, Any] = {"api_key": None, "base_url": None} if variables else {}
    with connect(guarded, wire, **options) as client:
        assert client.chat("Say hello.").content == HELLO
