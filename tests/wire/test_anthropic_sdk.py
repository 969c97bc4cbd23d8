"""Anthropic's SDK sends and types; the body is read by us, and gives the same objects."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import anthropic
import httpx2
import pytest
import respx
from httpx import Response

import llm_connectivity
from llm_connectivity import AuthenticationError, LLMClient, LLMError, RetryPolicy
from llm_connectivity.limits import Limits
from llm_connectivity.providers.anthropic_adapter import AnthropicAdapter, build_raw_chunk
from llm_connectivity.raw import RawJson
from tests.server import (
    LoopbackServer,
    Recorded,
    Send,
    anthropic_wire,
    json_reply,
    stream_reply,
)
from tests.worlds import KEY, TEXT

MODEL = "claude-sonnet-5-5"
HI = [{"role": "user", "content": "Hi"}]

ODD_EVENTS = {
    "text": anthropic_wire.text_event("Hi"),
    "unknown fields": anthropic_wire.text_event("Hi", new_field={"a": [1]}),
    "missing fields": anthropic_wire.event(
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}
    ),
    "unknown delta": anthropic_wire.delta_event({"type": "new_delta", "text": "Hi"}),
    "null delta": anthropic_wire.event({"type": "content_block_delta", "index": 0, "delta": None}),
    "unknown event": anthropic_wire.event({"type": "new_event", "index": 0}),
    "unknown block": anthropic_wire.block_start_event({"type": "new_block", "data": 1}),
    "thinking": anthropic_wire.delta_event({"type": "thinking_delta", "thinking": "Hm."}),
    "tool input": anthropic_wire.delta_event({"type": "input_json_delta", "partial_json": "{"}),
    "start without usage": anthropic_wire.start_event({}),
    "unknown stop reason": anthropic_wire.finish_event("new_reason"),
    "finish without usage": anthropic_wire.event(
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    ),
    "block stop": anthropic_wire.block_stop_event(),
    "a call": anthropic_wire.block_start_event(
        {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}
    ),
    "citation": anthropic_wire.delta_event(
        {"type": "citations_delta", "citation": {"type": "char_location", "cited_text": "q"}}
    ),
    "unknown citation": anthropic_wire.delta_event(
        {"type": "citations_delta", "citation": {"type": "new_location", "x": 1}}
    ),
}

TRAPS = {
    "ANTHROPIC_API_KEY": "key-trap",
    "ANTHROPIC_AUTH_TOKEN": "token-trap",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:1/trap",
    "ANTHROPIC_CUSTOM_HEADERS": "X-Trap: trap\nAuthorization: Bearer trap\nX-Api-Key: trap\n"
    "anthropic-version: trap\nAccept: trap/trap\ncontent-type: trap/trap\n"
    "x-stainless-lang: trap\nX-Stainless-Async: trap\nanthropic-beta: trap",
    "ANTHROPIC_PROFILE": "trap",
    "ANTHROPIC_WEBHOOK_SIGNING_KEY": "webhook-trap",
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
    "ANTHROPIC_WORKSPACE_ID": "wrkspc_trap",
    "OTEL_PYTHON_TRACER_PROVIDER": "trap",
}


@pytest.fixture
def client(server: LoopbackServer, policy: RetryPolicy) -> Iterator[LLMClient]:
    """A client that asks the loopback server and does not sleep between tries."""
    url = server.origin
    with LLMClient(f"anthropic/{MODEL}", api_key=KEY, base_url=url, retry=policy) as client:
        yield client


def _sdk(server: LoopbackServer) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key=KEY, base_url=server.origin, max_retries=0)


def _lowered(request: Recorded) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in request.headers)


@pytest.mark.parametrize("name", ODD_EVENTS)
def test_raw_chunk_equals_what_the_sdk_gives(server, client, name: str):
    """From the same bytes, also where fields are unknown, missing or odd."""
    events = [
        anthropic_wire.start_event(),
        ODD_EVENTS[name],
        anthropic_wire.text_event("x"),
        anthropic_wire.finish_event(),
        anthropic_wire.DONE,
    ]
    server.always(stream_reply(*map(Send, events)))
    with _sdk(server) as sdk:
        theirs = list(sdk.messages.create(model=MODEL, max_tokens=9, messages=HI, stream=True))
    ours = [
        RawJson("anthropic", json.loads(event.partition(b"data: ")[2])).build() for event in events
    ]
    assert ours == theirs
    assert list(map(type, ours)) == list(map(type, theirs))
    delivered = [chunk.raw_chunk for chunk in client.chat_stream("Hi")]
    assert theirs[3] == delivered[-1]
    assert all(raw in theirs for raw in delivered)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": None},
        {"type": []},
        {"type": "new", "x": 1},
        {"type": "message_start", "_fields_set": 7},
    ],
    ids=str,
)
def test_raw_chunk_of_an_event_that_nobody_knows_is_an_object_all_the_same(data):
    """As the SDK does it; nothing is raised."""
    assert build_raw_chunk(data) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"new_field": [1]},
        {"content": [{"type": "new_block", "x": 1}, {"type": "text", "text": "Hi"}]},
        {"content": [{"type": "text", "text": "Hi", "citations": None}], "stop_reason": "new"},
        {"usage": None, "stop_details": None},
    ],
    ids=["as documented", "unknown field", "unknown block", "unknown reason", "no usage"],
)
def test_raw_response_equals_what_the_sdk_gives(server, client, fields):
    """Whole answers too."""
    server.always(json_reply(anthropic_wire.whole_answer(**fields)))
    with _sdk(server) as sdk:
        theirs = sdk.messages.create(model=MODEL, max_tokens=9, messages=HI)
    ours = client.chat("Hi").raw_response
    assert type(ours) is anthropic.types.Message
    assert ours == theirs


def _exceptions() -> list[type[BaseException]]:
    found = {value for value in vars(anthropic).values() if isinstance(value, type)}
    ours = [cls for cls in found if issubclass(cls, anthropic.AnthropicError)]
    return sorted(ours, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", _exceptions(), ids=lambda cls: cls.__name__)
def test_every_public_exception_of_the_sdk_is_mapped(cls: type[Exception]):
    """Also those of a newer release: by base class."""
    error = cls.__new__(cls)
    Exception.__init__(error, "It failed.")
    error.request_id = None  # some show it
    if isinstance(error, anthropic.APIStatusError):
        request = httpx2.Request("POST", "http://127.0.0.1/v1/messages")
        error.response = httpx2.Response(418, request=request, json={"error": {"message": "no"}})
    mapped = AnthropicAdapter(api_key=KEY)._map(error, Limits())
    assert isinstance(mapped, LLMError)
    assert mapped.provider_error is error


def test_the_adapter_works_under_respx():
    """Users' tests that mock httpcore2 meet our transport as they would meet the SDK's."""
    with respx.mock(using="httpcore2") as mock:
        mock.post("https://api.anthropic.com/v1/messages").mock(
            return_value=Response(200, json=anthropic_wire.whole_answer())
        )
        with LLMClient(f"anthropic/{MODEL}", api_key=KEY) as client:
            response = client.chat("Hi", max_tokens=5)
        request = mock.calls.last.request
    assert response.content == TEXT
    assert b'"max_tokens":5' in request.content
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_headers_are_the_sdks_but_for_what_is_ours(server: LoopbackServer, client):
    """Key and API version go as the SDK sends them; what it says of its own waits does not."""
    server.always(json_reply(anthropic_wire.whole_answer()))
    with _sdk(server) as sdk:
        sdk.messages.create(model=MODEL, max_tokens=9, messages=HI)
    client.chat("Hi")
    theirs, ours = (dict(_lowered(request)) for request in server.requests)
    assert ours["user-agent"] == f"llm-connectivity/{llm_connectivity.__version__}"
    assert ours["authorization"] == f"Bearer {KEY}"
    apart = {"user-agent", "content-length"}
    left_out = {"x-stainless-timeout", "x-stainless-read-timeout", "x-stainless-retry-count"}
    assert set(theirs) - set(ours) == left_out
    assert {k: v for k, v in ours.items() if k not in apart} == {
        k: v for k, v in theirs.items() if k not in apart | left_out
    }


def test_beta_headers_of_a_call_are_sent(server: LoopbackServer, client):
    """The API's newest parts want one; its fields go along as they are."""
    server.always(json_reply(anthropic_wire.whole_answer()))
    betas, container = "files-api-2025-04-14,context-1m-2025-08-07", {"skills": []}
    client.chat("Hi", extra_headers={"anthropic-beta": betas}, extra_body={"container": container})
    (request,) = server.requests
    assert [v for n, v in _lowered(request) if n == "anthropic-beta"] == [betas]
    assert request.json["container"] == container


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_answer_goes_back_with_its_signature_and_the_result_of_its_call(server, client, streamed):
    """The next request is what the API asks for behind thinking and a call."""
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
    whole = anthropic_wire.whole_answer(content=[thinking, call], finish="tool_use")
    pieces = [
        anthropic_wire.start_event(),
        anthropic_wire.block_start_event({**thinking, "signature": ""}),
        anthropic_wire.delta_event({"type": "signature_delta", "signature": "EqQB"}),
        anthropic_wire.block_start_event({**call, "input": {}}, 1),
        anthropic_wire.delta_event({"type": "input_json_delta", "partial_json": '{"a":1}'}, 1),
        anthropic_wire.finish_event("tool_use"),
        anthropic_wire.DONE,
    ]
    server.add(stream_reply(*map(Send, pieces)) if streamed else json_reply(whole))
    server.add(json_reply(anthropic_wire.whole_answer()))
    tools = [{"type": "function", "function": {"name": "add"}}]
    asked = {"tools": tools, "reasoning": 2048}
    first = client.chat_stream(HI, **asked).collect() if streamed else client.chat(HI, **asked)
    (told,) = first.tool_calls
    result = {"role": "tool", "tool_call_id": told.id, "content": "2"}
    client.chat([*HI, first.to_message(), result], **asked)
    assert (first.reasoning, told.arguments) == ("Hm.", {"a": 1})
    assert server.requests[1].json["messages"][1:] == [
        {"role": "assistant", "content": [thinking, call]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"}],
        },
    ]


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/gateway", "/gateway/v1/"])
def test_base_url_is_taken_with_and_without_its_version(server: LoopbackServer, end: str):
    """One version at its end is taken off, as the path begins with it."""
    server.always(anthropic_wire.answer(pause=0))
    with LLMClient(f"anthropic/{MODEL}", api_key=KEY, base_url=server.origin + end) as client:
        list(client.chat_stream("Hi"))
    folder = "/gateway" if "gateway" in end else ""
    assert server.requests[0].path == f"{folder}/v1/messages"


@pytest.mark.parametrize("url", ["HTTPS://api.anthropic.com/v1/", "https://api.Anthropic.com:443"])
def test_anthropics_own_address_is_known_however_it_is_written(url: str, monkeypatch):
    """What the environment adds for it is sent there."""
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Trap: trap\nAuthorization: Bearer trap")
    with respx.mock(using="httpcore2") as mock:
        mock.post("https://api.anthropic.com/v1/messages").mock(
            return_value=Response(200, json=anthropic_wire.whole_answer())
        )
        with LLMClient(f"anthropic/{MODEL}", api_key=KEY, base_url=url) as client:
            client.chat("Hi")
        headers = mock.calls.last.request.headers
    assert (headers["x-trap"], headers["authorization"]) == ("trap", f"Bearer {KEY}")


@pytest.mark.parametrize("variable", TRAPS)
def test_a_variable_does_not_change_a_request_to_another_server(
    server: LoopbackServer, variable: str, monkeypatch, caplog
):
    """With key and address given, the request is the same to the byte; nothing is logged."""
    server.always(anthropic_wire.answer(pause=0))
    settings = {"model": f"anthropic/{MODEL}", "api_key": KEY, "base_url": server.origin}
    with LLMClient(**settings) as client:
        client.chat("Hi")
    monkeypatch.setenv(variable, TRAPS[variable])
    with caplog.at_level(logging.INFO), LLMClient(**settings) as client:
        client.chat("Hi")
    before, after = server.requests
    assert (after.path, _lowered(after), after.body) == (before.path, _lowered(before), before.body)
    assert [record for record in caplog.records if record.name.startswith("anthropic")] == []


def test_credentials_in_files_are_not_looked_for(server: LoopbackServer, monkeypatch, tmp_path):
    """A profile on disk neither counts nor is warned of."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "active_config").write_text("work")
    profile = '{"base_url": "http://127.0.0.1:1", "authentication": {"type": "trap"}}'
    Path(tmp_path / "configs" / "work.json").write_text(profile)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    server.always(anthropic_wire.answer(pause=0))
    with LLMClient(f"anthropic/{MODEL}", api_key=KEY, base_url=server.origin) as client:
        assert client.chat("Hi").content == TEXT
    assert server.requests[0].header("authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [200, 401])
def test_what_the_sdk_logs_of_a_request_shows_no_key(server, client, caplog, status: int):
    """At DEBUG it logs all of it, and would log the headers that we add."""
    caplog.set_level(logging.DEBUG)
    body = anthropic_wire.whole_answer() if status == 200 else anthropic_wire.error_body("no")
    server.always(json_reply(body, status))
    with contextlib.suppress(AuthenticationError):
        client.chat("Hi", extra_headers={"x-api-key": "another-key", "x-team": "team"})
    text = "".join(record.getMessage() for record in caplog.records)
    assert "Request options" in text
    assert "team" in text
    assert KEY not in text
    assert "another-key" not in text


def test_variables_that_the_readme_lists_count(server: LoopbackServer, monkeypatch):
    """Key and address, read when the client is made."""
    server.always(anthropic_wire.answer(pause=0))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from-the-environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"{server.origin}/custom/v1/")
    with LLMClient(f"anthropic/{MODEL}") as client:
        monkeypatch.delenv("ANTHROPIC_BASE_URL")
        client.chat("Hi")
    assert server.requests[0].path == "/custom/v1/messages"
    assert server.requests[0].header("authorization") == "Bearer from-the-environment"


def test_tracing_that_the_user_has_switched_on_gets_no_half_spans(server: LoopbackServer, client):
    """The SDK's own would end before the answer is read; no trace header is sent either."""
    server.always(anthropic_wire.answer(pause=0))
    client.chat("Hi")
    assert client._lifetime.adapters.primary._sdk.open_telemetry["traces"]["enabled"] is False
    assert server.requests[0].header("traceparent") is None
