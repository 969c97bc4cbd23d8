"""OpenAI's wire as aimock speaks it; named so that only `tests/servers/run` collects it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from llm_connectivity import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    InsufficientCreditsError,
    LLMClient,
    LLMError,
    ModelNotFoundError,
    NetworkError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    RetryPolicy,
    StreamChunk,
    StreamInterruptedError,
    ValidationError,
)
from tests.servers.aimock import Aimock

KEY = "test-key-123"
ONCE, ALWAYS = 1, 4  # tries: the first, and three retries where the class is retried

# Not the sum: the server's numbers come through unchanged.
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 99}

HELLO = "Hello there, how can I help you?"
# Chunks of three UTF-16 units cut some of these pairs in two.
STORY = "Once upon a time 😀 there was a naïve 🦊, 你好. " * 100

ONE_A_SECOND = {"ttft": 0, "tps": 1}


class Failure(NamedTuple):
    """An error that a fixture gives, the class it is, and how often it is tried."""

    status: int
    code: str | None
    expected: type[LLMError]
    tries: int

    @property
    def prompt(self) -> str:
        """The message that brings it about."""
        return f"Fail with {self.status} and {self.code or 'no code'}."


FAILURES = [
    Failure(400, None, ValidationError, ONCE),
    Failure(400, "context_length_exceeded", ContextWindowExceededError, ONCE),
    Failure(400, "content_filter", ContentFilterError, ONCE),
    Failure(401, "invalid_api_key", AuthenticationError, ONCE),
    Failure(402, None, InsufficientCreditsError, ONCE),
    Failure(403, None, PermissionDeniedError, ONCE),
    Failure(404, "model_not_found", ModelNotFoundError, ONCE),
    Failure(408, None, RequestTimeoutError, ALWAYS),
    Failure(409, None, ProviderError, ALWAYS),
    Failure(413, None, ValidationError, ONCE),
    Failure(422, None, ValidationError, ONCE),
    Failure(429, "rate_limit_exceeded", RateLimitError, ALWAYS),
    Failure(429, "insufficient_quota", InsufficientCreditsError, ONCE),
    Failure(500, None, ProviderError, ALWAYS),
    Failure(503, None, ProviderError, ALWAYS),
    Failure(503, "overloaded", OverloadedError, ALWAYS),
    Failure(529, None, OverloadedError, ALWAYS),
]


class Chaos(NamedTuple):
    """One of aimock's chaos options, the class it ends in, and how often it is tried."""

    option: str
    value: str
    expected: type[LLMError]
    tries_whole: int = ALWAYS
    tries_streamed: int = ALWAYS
    timeout: float = 10.0


CHAOS = [
    Chaos("--chaos-drop", "1", ProviderError),
    Chaos("--chaos-malformed", "1", ProviderError, ONCE, ONCE),
    Chaos("--chaos-disconnect", "1", NetworkError),
    Chaos("--chaos-ratelimit", "1", RateLimitError),
    # Late: a whole answer is probably paid for by then, and is not asked for twice.
    Chaos("--chaos-latency", "5000", RequestTimeoutError, ONCE, ALWAYS, timeout=0.3),
]


def answer(prompt: str, content: str, **settings: Any) -> dict[str, Any]:
    """Make the fixture for an answer."""
    response = {"content": content, "usage": USAGE}
    return {"match": {"userMessage": prompt}, "response": response, **settings}


def refusal(prompt: str, status: int, code: str | None, **more: Any) -> dict[str, Any]:
    """Make the fixture for an error."""
    error = {"message": "As asked.", **({"code": code} if code else {})}
    return {
        "match": {"userMessage": prompt},
        "response": {"error": error, "status": status, **more},
    }


FIXTURES = [
    answer("Say hello.", HELLO),
    answer("Tell a story.", STORY),
    # The pause gets the pieces before the last one on the wire; the cut takes that one along.
    answer("Break off early.", HELLO, latency=20, truncateAfterChunks=5),
    # The first event, which names the role alone, comes at once, and the first text in a second.
    answer("Break off at once.", HELLO, streamingProfile=ONE_A_SECOND, disconnectAfterMs=150),
    *(answer(f"Say number {n}.", f"Here is number {n}. " * 5, latency=2) for n in range(20)),
    *(refusal(failure.prompt, failure.status, failure.code) for failure in FAILURES),
    refusal("Come back soon.", 429, None, retryAfter=7),
    refusal("Come back tomorrow.", 429, None, retryAfter=86400),
]


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """Run aimock with all fixtures, three characters to a chunk."""
    with Aimock(tmp_path_factory.mktemp("aimock"), FIXTURES, "-c", "3") as running:
        yield running


@pytest.fixture
def server(aimock: Aimock) -> Aimock:
    """Give the running aimock with an empty journal."""
    aimock.forget()
    return aimock


@pytest.fixture
def client(server: Aimock) -> Iterator[LLMClient]:
    """Give a client of it that does not wait between tries."""
    with connect(server) as client:
        yield client


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    """Give both ways to ask."""
    return bool(request.param)


def connect(server: Aimock, **options: Any) -> LLMClient:
    """Make a client that does not wait between tries."""
    settings = {"api_key": KEY, "retry": RetryPolicy(sleep=lambda seconds: None, jitter=0)}
    return LLMClient(
        model="openai/gpt-4o-mini", base_url=f"{server.origin}/v1", **{**settings, **options}
    )


def fail(client: LLMClient, prompt: str, *, streamed: bool) -> LLMError:
    """Ask for something that fails; nothing may look complete before it does."""
    chunks: list[StreamChunk] = []
    with pytest.raises(LLMError) as caught:
        if streamed:
            chunks.extend(client.chat_stream(prompt))
        else:
            client.chat(prompt)
    assert chunks == []
    return caught.value


def is_closing(chunk: StreamChunk) -> bool:
    """Tell the closing chunk from the others."""
    return chunk.content == "" or chunk.finish_reason is not None or chunk.usage is not None


def check_stream(chunks: Sequence[StreamChunk], text: str) -> None:
    """See the text, several pieces of it, and one closing chunk, the last, with the usage."""
    assert "".join(chunk.content for chunk in chunks) == text
    assert len(chunks) > 5
    assert [is_closing(chunk) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert (chunks[-1].content, chunks[-1].finish_reason) == ("", "stop")
    assert counts(chunks[-1]) == USAGE


def counts(said: Any) -> dict[str, int]:
    """Give the three numbers of a usage."""
    return {name: said.usage[name] for name in USAGE}


def test_chat_gives_text_finish_reason_and_usage(server: Aimock, client: LLMClient) -> None:
    """A whole answer has the server's text, its finish reason and its own three numbers."""
    response = client.chat("Say hello.")
    assert (response.content, response.finish_reason) == (HELLO, "stop")
    assert counts(response) == USAGE
    assert [attempt.error for attempt in response.attempts] == [None]
    assert server.requests()[0]["headers"]["x-request-id"] == response.request_id


def test_stream_gives_the_same_in_pieces(client: LLMClient) -> None:
    """A stream has the whole answer's text in pieces, and one closing chunk at its end."""
    stream = client.chat_stream("Say hello.")
    check_stream(list(stream), client.chat("Say hello.").content)
    assert (stream.text, stream.finish_reason, stream.warnings) == (HELLO, "stop", ())
    assert counts(stream.response) == USAGE


def test_stream_of_a_long_text_in_small_chunks(client: LLMClient) -> None:
    """Thousands of characters in chunks of three arrive whole, cut surrogate pairs mended."""
    chunks = list(client.chat_stream("Tell a story."))
    check_stream(chunks, STORY)
    assert len(chunks) > len(STORY) / 4


def test_whole_request_as_the_server_got_it(server: Aimock, client: LLMClient) -> None:
    """The server gets model, messages and options as given, and nothing about streams."""
    messages: Any = [
        {"role": "system", "content": "Be brief. Grüße, 你好 😀"},
        {"role": "user", "content": "Say hello."},
    ]
    client.chat(messages, temperature=0.5, max_tokens=50, stop=["END"])
    (body,) = server.bodies()
    assert body.pop("_endpointType") == "chat"  # aimock's own note
    assert body == {
        "model": "gpt-4o-mini",
        "messages": messages,
        "temperature": 0.5,
        "max_tokens": 50,
        "stop": ["END"],
    }


def test_stream_request_as_the_server_got_it(server: Aimock, client: LLMClient) -> None:
    """A stream is asked for once, with usage at its end."""
    list(client.chat_stream("Say hello."))
    (entry,) = server.requests()
    assert (entry["method"], entry["path"]) == ("POST", "/v1/chat/completions")
    assert entry["headers"]["user-agent"].startswith("llm-connectivity/")
    assert entry["body"]["messages"] == [{"role": "user", "content": "Say hello."}]
    assert entry["body"]["stream"] is True
    assert entry["body"]["stream_options"] == {"include_usage": True}


def test_key_opens_a_guarded_server(tmp_path: Path, streamed: bool) -> None:
    """A server that checks keys takes the right one; another is refused at once and not shown."""
    with Aimock(tmp_path, FIXTURES, api_key=KEY) as server:
        with connect(server) as client:
            assert next(client.chat_stream("Say hello.")).content
        with connect(server, api_key="another-key-456") as client:
            error = fail(client, "Say hello.", streamed=streamed)
    assert (type(error), error.status_code, len(error.attempts)) == (AuthenticationError, 401, 1)
    assert "another-key-456" not in f"{error} {error.body}"


@pytest.mark.parametrize("failure", FAILURES, ids=lambda f: f"{f.status}-{f.code}")
def test_status_decides_class_and_tries(
    server: Aimock, client: LLMClient, failure: Failure, streamed: bool
) -> None:
    """Each error status ends in its class, after as many requests as the table says."""
    error = fail(client, failure.prompt, streamed=streamed)
    assert type(error) is failure.expected
    assert (error.status_code, error.message) == (failure.status, "As asked.")
    assert len(error.attempts) == len(server.requests()) == failure.tries


def test_rate_limit_waits_as_the_server_asks(client: LLMClient, streamed: bool) -> None:
    """The waits between tries are the server's `retry-after`; its limits are on the error."""
    error = fail(client, "Come back soon.", streamed=streamed)
    assert (type(error), error.retry_after) == (RateLimitError, 7)
    assert [attempt.waited for attempt in error.attempts] == [0, 7, 7, 7]
    assert (error.rate_limits["limit_requests"], error.rate_limits["reset_tokens"]) == (60, 360)


def test_rate_limit_of_a_day_raises_at_once(client: LLMClient, streamed: bool) -> None:
    """A server that wants to be left alone for a day is not asked again."""
    error = fail(client, "Come back tomorrow.", streamed=streamed)
    assert (type(error), error.retry_after, len(error.attempts)) == (RateLimitError, 86400, 1)


def test_unknown_prompt_is_a_model_not_found(client: LLMClient, streamed: bool) -> None:
    """The server's own 404, in the wire's form, is not tried again."""
    error = fail(client, "Nobody wrote a fixture for this.", streamed=streamed)
    assert (type(error), error.code) == (ModelNotFoundError, "no_fixture_match")
    assert len(error.attempts) == ONCE


def test_stream_cut_after_text_is_interrupted(server: Aimock, client: LLMClient) -> None:
    """A stream that breaks off after text raises, keeps the text, and is not asked for again."""
    stream = client.chat_stream("Break off early.")
    chunks: list[StreamChunk] = []
    with pytest.raises(StreamInterruptedError) as caught:
        chunks.extend(stream)
    text = "".join(chunk.content for chunk in chunks)
    assert caught.value.partial_text == stream.text == text
    assert text and HELLO.startswith(text)
    assert not any(is_closing(chunk) for chunk in chunks)
    assert len(caught.value.attempts) == len(server.requests()) == ONCE


def test_stream_cut_before_text_is_tried_again(server: Aimock, client: LLMClient) -> None:
    """A stream that breaks off before any text is asked for again, then raises."""
    error = fail(client, "Break off at once.", streamed=True)
    assert (type(error), error.partial_text) == (StreamInterruptedError, "")
    assert len(error.attempts) == len(server.requests()) == ALWAYS


@pytest.mark.parametrize("chaos", CHAOS, ids=lambda c: c.option.removeprefix("--chaos-"))
def test_chaos_ends_in_a_typed_error(tmp_path: Path, chaos: Chaos, streamed: bool) -> None:
    """Whatever the server does to a request, it ends in the class and the tries of the table."""
    with Aimock(tmp_path, FIXTURES, chaos.option, chaos.value) as server:
        with connect(server, timeout=chaos.timeout) as client:
            error = fail(client, "Say hello.", streamed=streamed)
        asked = server.requests()
    assert type(error) is chaos.expected
    if "not_an_answer" in str(error.code):
        assert error.request_id == asked[-1]["headers"]["x-request-id"]
    assert len(error.attempts) == (chaos.tries_streamed if streamed else chaos.tries_whole)


def test_latency_within_the_timeout_costs_nothing(tmp_path: Path) -> None:
    """A slow server's answer and stream come complete, at the first try."""
    with Aimock(tmp_path, FIXTURES, "--chaos-latency", "300", "-l", "20") as server:
        with connect(server) as client:
            response, stream = client.chat("Say hello."), client.chat_stream("Say hello.")
            assert "".join(chunk.content for chunk in stream) == response.content == HELLO
        assert len(server.requests()) == 2


def test_streams_in_threads_do_not_mix(server: Aimock, client: LLMClient) -> None:
    """Twenty streams in four threads on one client each get their own answer."""

    def read(number: int) -> list[StreamChunk]:
        return list(client.chat_stream(f"Say number {number}."))

    with ThreadPoolExecutor(4) as threads:
        for number, chunks in enumerate(threads.map(read, range(20))):
            check_stream(chunks, f"Here is number {number}. " * 5)
    assert len(server.requests()) == 20
