"""The vendor's SDK sends and types; the body is read by us, and gives the same objects."""

from __future__ import annotations

import openai
import pytest
import respx
from httpx import Response

from llm_connectivity import LLMClient, ProviderError
from llm_connectivity.limits import Limits
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.providers.sdk_call import map_sdk_error
from tests.server import LoopbackServer, Send, json_reply, openai_wire, stream_reply
from tests.worlds import KEY, TEXT

ODD_EVENTS = {
    "role": openai_wire.role_event(),
    "text": openai_wire.text_event("Hi"),
    "unknown fields": openai_wire.text_event("Hi", obfuscation="x", new_field={"a": [1]}),
    "missing fields": b'data: {"choices":[{"delta":{"content":"Hi"},"index":0}]}\n\n',
    "null delta": openai_wire.chunk_event([{"delta": None, "index": 0, "finish_reason": "stop"}]),
    "unknown finish reason": openai_wire.finish_event("eos"),
    "usage": openai_wire.usage_event(),
}


def _sdk(server: LoopbackServer) -> openai.OpenAI:
    return openai.OpenAI(api_key=KEY, base_url=f"{server.origin}/v1", max_retries=0)


def test_a_request_holds_what_was_given_and_nothing_else(server, client):
    """The whole body, to the last field; a stream is asked for with its usage."""
    server.always(openai_wire.HELLO)
    messages = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": t} for t in ("Say ", "hello.")]},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Again"},
    ]
    given = {"max_tokens": 50, "temperature": 0.2, "logit_bias": {"50256": -100}}
    client.chat(messages=messages, **given)
    list(client.chat_stream(messages=messages, **given))
    whole, streamed = server.requests
    assert whole.json == {"model": "gpt-4o-mini", "messages": messages, **given}
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    assert streamed.json == {**whole.json, **asked}
    assert whole.path == streamed.path == "/v1/chat/completions"


@pytest.mark.parametrize("name", ODD_EVENTS)
def test_raw_chunk_equals_what_the_sdk_gives(server, client, name: str):
    """From the same bytes, also where fields are unknown, missing or odd."""
    event = ODD_EVENTS[name]
    server.always(
        stream_reply(Send(event), Send(openai_wire.text_event("x")), Send(openai_wire.DONE))
    )
    with _sdk(server) as sdk:
        theirs = list(
            sdk.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
        )
    from llm_connectivity.raw import RawJson

    ours = [
        RawJson("openai_chat", chunk.to_dict(mode="json")).build()  # through the builder alone
        for chunk in theirs
    ]
    assert [chunk.model_dump() for chunk in ours] == [chunk.model_dump() for chunk in theirs]
    delivered = [chunk.raw_chunk for chunk in client.chat_stream("Hi")]
    assert all(raw in theirs for raw in delivered)


def test_raw_response_equals_what_the_sdk_gives(server, client):
    """Whole answers too."""
    server.always(json_reply(openai_wire.whole_answer(new_field=[1])))
    with _sdk(server) as sdk:
        theirs = sdk.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
        )
    assert client.chat("Hi").raw_response == theirs


def _exceptions(module: object, base: type[BaseException]) -> list[type[BaseException]]:
    found = {value for value in dict(vars(module)).values() if isinstance(value, type)}
    return sorted((cls for cls in found if issubclass(cls, base)), key=lambda cls: cls.__name__)


@pytest.mark.parametrize(
    "cls", _exceptions(openai, openai.OpenAIError), ids=lambda cls: cls.__name__
)
def test_every_public_exception_of_the_sdk_is_mapped(cls: type[Exception], monkeypatch):
    """Also those of a newer release: by base class."""
    from llm_connectivity import LLMError

    error = cls.__new__(cls)
    Exception.__init__(error, "It failed.")
    adapter = OpenAIAdapter(api_key=KEY)
    if isinstance(error, openai.APIStatusError):
        import httpx2

        request = httpx2.Request("POST", "http://127.0.0.1/v1")
        error.response = httpx2.Response(418, request=request, json={"error": {"message": "no"}})
    assert isinstance(adapter._map(error, Limits()), LLMError)


def test_what_is_no_exception_of_the_sdk_either_is_a_provider_error():
    """Nothing foreign comes out of a call."""
    cause = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    error = map_sdk_error(cause, Limits(), sdk="openai", address="http://x")
    assert type(error) is ProviderError
    assert error.retryable is False


def test_the_adapter_works_under_respx():
    """Users' tests that mock httpcore2 meet our transport as they would meet the SDK's."""
    with respx.mock(using="httpcore2") as mock:
        mock.post("https://api.openai.com/v1/chat/completions").mock(
            return_value=Response(200, json=openai_wire.whole_answer())
        )
        with LLMClient(model="openai/gpt-4o-mini", api_key=KEY) as client:
            response = client.chat("Hi", max_tokens=5)
        body = mock.calls.last.request.content
    assert response.content == TEXT
    assert b'"max_completion_tokens":5' in body
