"""The google-genai SDK sends and types; the body is read by us, and gives the same objects."""

from __future__ import annotations

import gc
import json
import logging
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import respx
from google import genai
from google.genai import errors as sdk_errors
from google.genai import types
from httpx import Response

from llm_connectivity import (
    AuthenticationError,
    LLMClient,
    LLMError,
    ModelNotFoundError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    RetryPolicy,
    ValidationError,
    __version__,
)
from llm_connectivity.limits import Limits
from llm_connectivity.providers.google_adapter import GoogleAdapter
from llm_connectivity.providers.google_sdk import Exchange, make_sdk
from llm_connectivity.providers.sdk_call import make_http_client
from llm_connectivity.raw import RawJson
from tests.server import (
    JSON,
    LoopbackServer,
    Recorded,
    Reply,
    Send,
    gemini_wire,
    json_reply,
    stream_reply,
)
from tests.worlds import KEY

MODEL = "gemini-2.5-flash"
CITED = {
    "content": {"parts": [{"text": "Hi"}], "role": "model"},
    "citationMetadata": {"citationSources": [{"startIndex": 0, "endIndex": 2, "uri": "http://x"}]},
    "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}],
    "index": 0,
}
ODD_EVENTS = {
    "text": gemini_wire.text_event("Hi"),
    "usage": gemini_wire.usage_event(),
    "finish": gemini_wire.finish_event(),
    "nothing": b"data: {}\r\n\r\n",
    "unknown fields": gemini_wire.text_event("Hi", newField={"a": [1]}, usageMetadata={"new": 1}),
    "thought": gemini_wire.parts_event([{"text": "hm", "thought": True}]),
    "call": gemini_wire.parts_event([{"functionCall": {"name": "f"}}], "STOP"),
    "no content": gemini_wire.chunk_event([{"index": 0, "finishReason": "MAX_TOKENS"}]),
    "blocked": gemini_wire.chunk_event(None, promptFeedback={"blockReason": "SAFETY"}),
    "citations": gemini_wire.chunk_event([CITED]),
    "line separator": gemini_wire.text_event("LS").replace(b"LS", "a\u2028b".encode()),
}


@pytest.fixture
def client(server: LoopbackServer, policy: RetryPolicy):
    """A client that asks the loopback server and does not sleep between tries."""
    with LLMClient(f"google/{MODEL}", api_key=KEY, base_url=server.origin, retry=policy) as client:
        yield client


def _sdk(server: LoopbackServer) -> genai.Client:
    return genai.Client(
        api_key=KEY,
        http_options=types.HttpOptions(base_url=server.origin, api_version="v1beta"),
    )


def _without_http(value):
    value.sdk_http_response = None
    return value


@pytest.mark.parametrize("name", ODD_EVENTS)
def test_raw_chunk_equals_what_the_sdk_gives(server, client, name: str):
    """From the same bytes, also where fields are unknown, missing or odd."""
    server.always(stream_reply(Send(ODD_EVENTS[name]), Send(gemini_wire.finish_event())))
    sdk = _sdk(server)
    theirs = list(sdk.models.generate_content_stream(model=MODEL, contents="Hi"))
    events = (ODD_EVENTS[name], gemini_wire.finish_event())
    ours = [
        RawJson("gemini", json.loads(event.removeprefix(b"data: "))).build() for event in events
    ]
    theirs = [_without_http(chunk) for chunk in theirs]
    assert [_without_http(chunk) for chunk in ours] == theirs
    assert all(_without_http(chunk.raw_chunk) in theirs for chunk in client.chat_stream("Hi"))


@pytest.mark.parametrize(
    "document",
    [
        gemini_wire.whole_answer(),
        gemini_wire.whole_answer(newField=[1], usageMetadata=None),
        gemini_wire.document([CITED]),
        gemini_wire.document(None, promptFeedback={"blockReason": "OTHER"}),
    ],
    ids=["plain", "odd", "citations", "blocked"],
)
def test_raw_response_equals_what_the_sdk_gives(server, client, document):
    """Whole answers too."""
    server.always(json_reply(document))
    sdk = _sdk(server)  # dropped, it would close its HTTP client
    theirs = sdk.models.generate_content(model=MODEL, contents="Hi")
    assert _without_http(client.chat("Hi").raw_response) == _without_http(theirs)


def test_raw_chunk_goes_on_after_one_that_the_sdk_can_not_read():
    """That one stays JSON, in both forms."""
    odd = {"candidates": [{"content": {"parts": "odd"}}]}
    fine = gemini_wire.whole_answer()
    for kind in ("chunk", "response"):
        assert RawJson("gemini", odd, kind).build() == odd
        assert RawJson("gemini", fine, kind).build().text == gemini_wire.TEXT


def test_raw_response_that_asks_for_more_is_given_as_it_is():
    """The SDK would ask again by itself, for ever."""
    candidate = gemini_wire.candidate([{"text": "a"}], "CONTINUATION") | {
        "continuationToken": "YQ=="
    }
    for kind in ("chunk", "response"):
        raw = RawJson("gemini", gemini_wire.document([candidate]), kind).build()
        assert raw.candidates[0].finish_reason == "CONTINUATION"


def test_raw_chunks_are_built_in_any_thread():
    """Each of them of its own event."""

    def build(number: int) -> str:
        data = gemini_wire.document([gemini_wire.candidate([{"text": f"t{number}"}])])
        return RawJson("gemini", data).build().text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(build, range(200))) == [f"t{number}" for number in range(200)]


def test_raw_chunk_is_built_in_a_fresh_interpreter(server, client, tmp_path):
    """A pickled chunk needs neither key nor network there, and nothing is printed."""
    server.always(gemini_wire.HELLO)
    chunk = next(client.chat_stream("Hi"))
    (tmp_path / "chunk").write_bytes(pickle.dumps(chunk))
    code = "import pathlib, pickle, sys; data = pathlib.Path(sys.argv[1]).read_bytes()"
    result = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c"),
            f"{code}; print(pickle.loads(data).raw_chunk.text)",
            str(tmp_path / "chunk"),
        ],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (result.stdout, result.stderr) == ("Hello\n", "")


def _exceptions() -> list[type[BaseException]]:
    found = {value for value in vars(sdk_errors).values() if isinstance(value, type)}
    return sorted((c for c in found if issubclass(c, Exception)), key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", _exceptions(), ids=lambda cls: cls.__name__)
def test_every_public_exception_of_the_sdk_is_mapped(cls: type[Exception], client, monkeypatch):
    """Also where no answer of the server is behind it."""
    error = cls.__new__(cls)
    Exception.__init__(error, "It failed.")
    _fail_with(error, monkeypatch)
    with pytest.raises(LLMError) as caught:
        client.chat("Hi", max_retries=0)
    assert (type(caught.value), caught.value.retryable) == (ProviderError, False)
    assert caught.value.__cause__ is error


def _fail_with(error: Exception, monkeypatch) -> None:
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("google.genai.models.Models.generate_content", fail)


@pytest.mark.parametrize(
    ("status", "document", "cls"),
    [
        (400, gemini_wire.error_body("4010 is no number"), ValidationError),
        (
            400,
            gemini_wire.error_body("m", details=[gemini_wire.error_info("API_KEY_INVALID")]),
            AuthenticationError,
        ),
        (404, gemini_wire.error_body("m", "NOT_FOUND", 404), ModelNotFoundError),
        (429, [gemini_wire.error_body("m", "RESOURCE_EXHAUSTED", 429)], RateLimitError),
        (429, "no JSON's object", RateLimitError),
        (500, [1, 2], ProviderError),
        (503, gemini_wire.error_body("m", "UNAVAILABLE", 503), OverloadedError),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_status_errors_keep_body_and_cause(server, client, status, document, cls, stream):
    """Whatever the SDK makes of the body."""
    server.always(json_reply(document, status))
    with pytest.raises(cls) as caught:
        ask = client.chat_stream if stream else client.chat
        list(ask("Hi", max_retries=0))
    assert (type(caught.value), caught.value.status_code) == (cls, status)
    assert caught.value.body == document
    assert isinstance(caught.value.provider_error, Exception)


@pytest.mark.parametrize("content", [b"\xff\xfe caf\xc3", b"", b"<html>no</html>"], ids=repr)
def test_status_errors_may_have_any_body(server, client, content):
    """Broken UTF-8 is none of the SDK's business."""
    server.always(Reply((Send(content),), 502, JSON, "length"))
    with pytest.raises(ProviderError) as caught:
        client.chat("Hi", max_retries=0)
    assert caught.value.status_code == 502


@pytest.mark.parametrize("status", [204, 302])
def test_what_is_no_answer_is_a_provider_error(server, client, status):
    """No body, or another address, which is not asked."""
    server.always(Reply((), status, (("location", "http://127.0.0.1:1/x"),), "length"))
    with pytest.raises(ProviderError) as caught:
        client.chat("Hi")
    assert (caught.value.status_code, caught.value.retryable) == (status, False)
    assert len(server.requests) == 1


def test_quota_names_when_to_come_back(server, client, naps):
    """The hint in the body is kept like a header."""
    server.add(gemini_wire.QUOTA)
    server.always(gemini_wire.HELLO)
    assert client.chat("Hi").content == gemini_wire.TEXT
    assert naps == [34.074824224]


def test_cost_is_the_price_of_the_model(server, client):
    """9 tokens at 0.30 USD per million and 7 at 2.50."""
    server.always(gemini_wire.HELLO)
    assert client.chat("Hi").cost == pytest.approx(9 * 0.30e-6 + 7 * 2.50e-6)


def test_request_is_ours_to_the_byte(server, client):
    """Path, body, key and user agent."""
    server.always(gemini_wire.HELLO)
    list(client.chat_stream("Hé", max_tokens=5, topK=3, extra_query={"a": "b c"}))
    client.chat("Hi", extra_headers={"X-GOOG-API-KEY": "other-key", "x-more": "1"})
    streamed, whole = server.requests
    assert streamed.method == "POST"
    assert streamed.path == f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse&a=b+c"
    assert whole.path == f"/v1beta/models/{MODEL}:generateContent"
    assert streamed.body.decode() == (
        '{"contents":[{"role":"user","parts":[{"text":"Hé"}]}],'
        '"generationConfig":{"maxOutputTokens":5},"topK":3}'
    )
    assert streamed.header("content-length") == str(len(streamed.body))
    assert streamed.header("user-agent") == f"llm-connectivity/{__version__}"
    assert streamed.header("x-goog-api-key") == KEY
    keys = [value for name, value in whole.headers if name.lower() == "x-goog-api-key"]
    assert (keys, whole.header("x-more")) == (["other-key"], "1")


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("", "/v1beta/models"),
        ("/", "/v1beta/models"),
        ("/gateway", "/gateway/v1beta/models"),
        ("/v1", "/v1/models"),
        ("/v1alpha/", "/v1alpha/models"),
        ("/gateway/v1beta2", "/gateway/v1beta2/models"),
        ("/v1x", "/v1x/v1beta/models"),
    ],
)
def test_base_url_may_end_in_a_version(server, base, path):
    """Else it is the one the vendor recommends."""
    server.always(gemini_wire.HELLO)
    with LLMClient(f"google/{MODEL}", api_key=KEY, base_url=server.origin + base) as client:
        client.chat("Hi")
    assert server.requests[0].path == f"{path}/{MODEL}:generateContent"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("tunedModels/mine", "/v1beta/tunedModels/mine"),
        ("models/x", "/v1beta/models/x"),
        ("a?b&c#d:e%2e", "/v1beta/models/a%3Fb%26c%23d%3Ae%252e"),
    ],
)
def test_model_stays_in_its_place_in_the_path(server, client, model, path):
    """Whatever its name."""
    server.always(gemini_wire.HELLO)
    client.chat("Hi", model=f"google/{model}")
    assert server.requests[0].path == f"{path}:generateContent"


def test_model_that_leads_elsewhere_is_not_asked(server, client):
    """Nothing is sent."""
    with pytest.raises(ValidationError, match="path"):
        client.chat("Hi", model="google/models/../../files")
    assert server.requests == []


def test_key_is_asked_for_at_each_request(server):
    """A callable may give another one each time, and may itself use a client."""
    server.always(gemini_wire.HELLO)
    keys = iter(["first-key", "second-key"])

    def ask() -> str:
        with LLMClient(f"google/{MODEL}", api_key="inner-key", base_url=server.origin) as inner:
            inner.chat("Which key?")
        return next(keys)

    with LLMClient(f"google/{MODEL}", api_key=ask, base_url=server.origin) as client:
        assert [client.chat("Hi").content for _ in range(2)] == [gemini_wire.TEXT] * 2
    seen = [request.header("x-goog-api-key") for request in server.requests]
    assert seen == ["inner-key", "first-key", "inner-key", "second-key"]


TRAPS = {
    "GOOGLE_API_KEY": "key-trap",
    "GEMINI_API_KEY": "key-trap",
    "GOOGLE_GENAI_API_KEY": "key-trap",
    "GOOGLE_GENAI_ACCESS_TOKEN": "token-trap",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "GOOGLE_GENAI_USE_ENTERPRISE": "true",
    "GOOGLE_GENAI_API_VERSION": "v1trap",
    "GOOGLE_GENAI_CLIENT_MODE": "replay",
    "GOOGLE_GENAI_REPLAYS_DIRECTORY": "/trap",
    "GOOGLE_GENAI_REPLAY_ID": "trap",
    "GOOGLE_GENAI_DEFAULT_HEADERS": "X-Trap: trap",
    "GOOGLE_GENAI_USER_PROJECT": "trap",
    "GOOGLE_GENAI_DEBUG": "1",
    "GOOGLE_GENAI_HTTP_CLIENT": "httpx",
    "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:1/trap",
    "GOOGLE_VERTEX_BASE_URL": "http://127.0.0.1:1/trap",
    "GOOGLE_CLOUD_PROJECT": "trap",
    "GOOGLE_CLOUD_LOCATION": "trap",
    "GOOGLE_APPLICATION_CREDENTIALS": "/trap",
    "GOOGLE_API_USE_CLIENT_CERTIFICATE": "true",
    "GOOGLE_API_USE_MTLS_ENDPOINT": "always",
}


def _seen(request: Recorded) -> tuple[object, ...]:
    return request.path, sorted((n.lower(), v) for n, v in request.headers), request.body


@pytest.mark.parametrize("variables", [*([name] for name in TRAPS), list(TRAPS)], ids=",".join)
def test_a_variable_does_not_change_a_request(server, variables, monkeypatch):
    """With key and address given, the request is the same to the byte."""
    server.always(gemini_wire.HELLO)
    settings = {"model": f"google/{MODEL}", "api_key": KEY, "base_url": server.origin}
    with LLMClient(**settings) as client:
        client.chat("Hi")
    for name in variables:
        monkeypatch.setenv(name, TRAPS[name])
    with LLMClient(**settings) as client:
        client.chat("Hi")
    before, after = server.requests
    assert _seen(after) == _seen(before)


@pytest.mark.parametrize(
    "given",
    [
        ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_AI_API_KEY"],
        ["GOOGLE_API_KEY", "GOOGLE_AI_API_KEY"],
        ["GOOGLE_AI_API_KEY"],
    ],
    ids=lambda names: names[0],
)
def test_first_variable_that_holds_a_key_counts(server, given, monkeypatch):
    """The address is in a variable too, and may be."""
    server.always(gemini_wire.HELLO)
    for name in given:
        monkeypatch.setenv(name, f"key-of-{name}")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", f"{server.origin}/custom/")
    with LLMClient(f"google/{MODEL}") as client:
        client.chat("Hi")
    [request] = server.requests
    assert request.header("x-goog-api-key") == f"key-of-{given[0]}"
    assert request.path.startswith("/custom/v1beta/")


def test_missing_key_names_the_variables():
    """At once."""
    with pytest.raises(AuthenticationError, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        LLMClient(f"google/{MODEL}")


def test_nothing_is_said_by_the_sdk(server, client, caplog, capfd, monkeypatch):
    """Neither of two keys in the environment nor of the functions it would call."""
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, TRAPS[name])
    server.always(gemini_wire.HELLO)
    with caplog.at_level(logging.INFO, "google_genai"):
        client.chat("Hi")
        assert [chunk.raw_chunk for chunk in client.chat_stream("Hi")]
        assert client.chat("Hi").raw_response
        assert [r for r in caplog.records if r.name.startswith("google_genai")] == []
        sdk = _sdk(server)
        sdk.models.generate_content(model=MODEL, contents="Hi")
    assert [r for r in caplog.records if r.name.startswith("google_genai")] != []
    assert "AFC" not in capfd.readouterr().out


def test_no_tls_context_is_built_for_the_sdk(monkeypatch):
    """Each takes long, and none is used: requests go out below the SDK."""
    made = []
    monkeypatch.setattr("ssl.create_default_context", lambda *a, **k: made.append(a))
    monkeypatch.setattr("httpx2.create_ssl_context", lambda *a, **k: made.append(a))
    make_sdk("https://example.invalid")
    assert made == []


def test_client_works_under_respx():
    """Users' tests that mock httpcore2 meet our transport as they would meet the SDK's."""
    with respx.mock(using="httpcore2") as mock:
        mock.post(
            f"https://generativelanguage.googleapis.com/v1beta/models/{MODEL}:generateContent"
        ).mock(return_value=Response(200, json=gemini_wire.whole_answer()))
        with LLMClient(f"google/{MODEL}", api_key=KEY) as client:
            response = client.chat("Hi", max_tokens=5)
        body = mock.calls.last.request.content
    assert response.content == gemini_wire.TEXT
    assert b'"maxOutputTokens":5' in body


def test_streams_of_many_threads_do_not_mix(server, client):
    """Twenty threads on one client, five streams each, every one its own."""

    def echo(request: Recorded):
        [content] = request.json["contents"]
        tokens = [f"{content['parts'][0]['text']}-{n} " for n in range(5)]
        return gemini_wire.answer(tokens, pause=0.001)(request)

    server.always(echo)

    def ask(thread: int) -> bool:
        streams = [client.chat_stream(f"{thread}/{n}") for n in range(5)]
        for stream in streams:
            next(stream)  # all five are open at once
        texts = ["".join([stream.text, *(chunk.content for chunk in stream)]) for stream in streams]
        return texts == ["".join(f"{thread}/{n}-{i} " for i in range(5)) for n in range(5)]

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(ask, range(20)))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_failing_sdk_leaves_no_kept_answer(server, client, stream, monkeypatch):
    """An answer that had come before is closed, and its connection freed."""
    server.always(gemini_wire.answer(pause=0.05))
    kept = []
    send = Exchange.send

    def fail(self, request):
        send(self, request)
        kept.append(self.answer)
        raise RuntimeError("the SDK broke")

    monkeypatch.setattr(Exchange, "send", fail)
    with pytest.raises(ProviderError, match="the SDK broke"):
        list((client.chat_stream if stream else client.chat)("Hi"))
    assert kept[0].is_closed
    assert server.wait_for(lambda: not any(log.is_open for log in server.connections))


def test_sdk_that_sends_nothing_is_a_provider_error(client, monkeypatch):
    """There is nothing to read."""
    monkeypatch.setattr("google.genai.models.Models.generate_content", lambda *_, **__: None)
    with pytest.raises(ProviderError, match="sent nothing"):
        client.chat("Hi")


def test_key_is_not_in_what_the_sdk_holds(server, client):
    """Nor in the request that failures carry along."""
    server.always(json_reply(gemini_wire.error_body(f"your key {KEY}"), 400))
    with pytest.raises(ValidationError) as caught:
        client.chat("a prompt that nobody may see")
    sdk = client._lifetime.adapters.primary._sdk
    shown = (
        repr(vars(sdk._api_client))
        + repr(client._lifetime.adapters.primary)
        + repr(caught.value.__dict__)
    )
    shown += repr(vars(caught.value.__cause__)) + str(dict(caught.value.__cause__.response.headers))
    assert KEY not in shown
    assert all(KEY not in repr(vars(o)) for o in gc.get_objects() if type(o) is Exchange)


def test_exchange_takes_back_what_it_set():
    """Requests of the SDK outside of one have no answer."""
    adapter = GoogleAdapter(api_key=KEY)
    with Exchange(make_http_client(adapter._transport), {}):
        pass
    with pytest.raises(LookupError):
        make_sdk("http://127.0.0.1:1").models.generate_content(model="m", contents="Hi")
    error = httpx2.ConnectError("no")
    mapped = adapter._map(error, Exchange(make_http_client(adapter._transport), {}), Limits())
    assert mapped.provider_error is error
