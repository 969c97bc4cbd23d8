"""A provider without a network: scripted answers over the same codec, decoder and retry path."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from ..errors import ErrorFacts, NetworkError, ValidationError, show, timeout_error
from ..fork import Lock
from ..limits import Limits
from ..options import OPTIONS
from ..tool_calls import write_arguments
from ..types import ChatRequest, ChatResponse
from ..wires.mock import MockCodec
from .mock_reply import MockReply, Reply, failure_of, to_reply
from .whole import read_answer

# How a reply is sent: seconds to wait and bytes, again and again.
Play = Callable[[MockReply, ChatRequest], Iterator[tuple[float, bytes]]]

_NONE_LEFT = object()

DEMO_PIECES = ("Hello", "!", " How", " can", " I", " help", "?")


class MockAdapter:
    """Adapter that answers from a script; one reply per request, retries included.

    Args:
        replies: A text, a list of pieces, an error (class or object), or a `MockReply` each;
            ``None``: ``Hello! How can I help?`` for ever. Any iterable will do, so
            ``itertools.repeat("Hi")`` never ends.
        unsupported: Named options it pretends to lack.
        sleep: Waits a number of seconds instead, for tests.

    Attributes:
        requests: Every `ChatRequest` it has been asked, in order.
    """

    provider = "mock"

    def __init__(
        self,
        replies: Iterable[Reply] | None = None,
        *,
        unsupported: Collection[str] = (),
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        _check_script(replies, unsupported, sleep)
        lacking = {unsupported} if isinstance(unsupported, str) else set(unsupported)
        self.codec = MockCodec(frozenset(OPTIONS) - lacking)
        self.timeout: float | None = None
        self.max_retries: int | None = None
        self.requests: list[ChatRequest] = []
        self._replies = None if replies is None else iter(replies)
        self._sleep = sleep
        self._lock = Lock()

    def chat(self, request: ChatRequest, limits: Limits) -> ChatResponse:
        """Answer whole."""
        return read_answer(self._open(request, limits, _play_whole), self.codec)

    def open_stream(self, request: ChatRequest, limits: Limits) -> MockBody:
        """Answer in pieces."""
        return self._open(request, limits, _play_stream)

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def __repr__(self) -> str:
        return "MockAdapter()"

    def _open(self, request: ChatRequest, limits: Limits, play: Play) -> MockBody:
        reply = self._next_reply(request)
        limits.start()
        self._fail_at_once(reply)
        steps = play(reply, request)
        return MockBody(steps, reply.headers, limits, self._sleep or limits.cancel.sleep)

    def _next_reply(self, request: ChatRequest) -> MockReply:
        with self._lock.held:
            self.requests.append(request)
            if self._replies is None:
                return MockReply(pieces=DEMO_PIECES)
            reply = next(self._replies, _NONE_LEFT)
        if reply is _NONE_LEFT:
            raise ValidationError(
                f"the MockAdapter has no reply left for request {len(self.requests)}.",
                code="mock_exhausted",
                hint="Each request takes one, retries too; itertools.repeat(...) never ends.",
            )
        return to_reply(cast(Reply, reply))

    def _fail_at_once(self, reply: MockReply) -> None:
        if reply.error is not None and reply.cut_after is None:
            raise failure_of(reply)
        if reply.status != 200:
            raise self.codec.map_error(
                ErrorFacts(
                    status=reply.status,
                    headers=reply.headers,
                    body={"error": {"message": reply.text, "code": reply.code}},
                )
            )


class MockBody:
    """The bytes of one scripted answer."""

    def __init__(
        self,
        steps: Iterator[tuple[float, bytes]],
        headers: Mapping[str, str],
        limits: Limits,
        sleep: Callable[[float], None],
    ) -> None:
        self.headers: Mapping[str, str] = {"content-type": "text/event-stream", **headers}
        self.limits = limits
        self._steps = steps
        self._sleep = sleep
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        delay, piece = (0.0, b"") if self._closed else next(self._steps)
        self._wait(delay)
        if self._closed:  # maybe by another thread, meanwhile
            raise StopIteration
        return piece

    def close(self) -> None:
        """Send no more."""
        self._closed = True

    def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        allowed = self.limits.next_wait()
        self._sleep(min(seconds, max(0.0, allowed)))
        if self.limits.cancel.is_set:
            raise NetworkError("it was closed by another thread.", code="closed", retryable=False)
        if seconds > allowed:
            raise timeout_error(*self.limits.what_ran_out("read_timeout"))


def _play_stream(reply: MockReply, request: ChatRequest) -> Iterator[tuple[float, bytes]]:
    """Give the pieces of a stream, each with the seconds before it."""
    if reply.reasoning:
        yield reply.delay, _event({"model": request.model, "reasoning": reply.reasoning})
    events: list[dict[str, Any]] = [{"text": piece} for piece in reply.split()]
    events += [{"tool_calls": [call]} for call in _calls(reply)]
    for i, told in enumerate(events):
        if i == reply.cut_after:
            raise failure_of(reply)
        yield reply.delay, _event({"model": request.model, **told})
    if reply.cut_after is not None:
        raise failure_of(reply)
    yield 0.0, _event({"model": request.model, **_end(reply, request)})
    yield 0.0, b"data: [DONE]\n\n"


def _play_whole(reply: MockReply, request: ChatRequest) -> Iterator[tuple[float, bytes]]:
    """Give a whole answer, with the seconds before it."""
    yield reply.delay, b""
    if reply.cut_after is not None:
        raise failure_of(reply)
    told: dict[str, Any] = {"model": request.model, "text": "".join(reply.split())}
    if reply.reasoning:
        told["reasoning"] = reply.reasoning
    if reply.tool_calls:
        told["tool_calls"] = _calls(reply)
    yield 0.0, _encode({**told, **_end(reply, request)})


def _check_script(replies: object, unsupported: object, sleep: object) -> None:
    if isinstance(replies, str | bytes | Mapping) or not isinstance(replies, Iterable | None):
        raise ValidationError(
            f"replies must be a list of replies, not {type(replies).__name__}.",
            code="invalid_option",
            hint="Put it into a list: replies=[...].",
        )
    if sleep is not None and not callable(sleep):
        raise ValidationError(
            f"sleep must be a function, not {show(sleep)}.", code="invalid_option"
        )
    names = (unsupported,) if isinstance(unsupported, str) else unsupported
    wrong = (
        [name for name in names if not isinstance(name, str) or name not in OPTIONS]
        if isinstance(names, Collection)
        else [names]
    )
    if wrong:
        raise ValidationError(
            f"unsupported names no option: {show(wrong[0])}.",
            code="invalid_option",
            hint=f"Options: {', '.join(sorted(OPTIONS))}.",
        )


def _calls(reply: MockReply) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{i + 1}", "name": name, "arguments": write_arguments(arguments)}
        for i, (name, arguments) in enumerate(reply.tool_calls)
    ]


def _end(reply: MockReply, request: ChatRequest) -> dict[str, Any]:
    if reply.usage is None:
        return {"finish_reason": reply.finish_reason}
    if reply.usage == "counted":
        prompt = sum(len(_text_of(message).split()) for message in request.messages)
        completion = len(reply.split())
    else:
        prompt, completion = reply.usage
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    return {"finish_reason": reply.finish_reason, "usage": usage}


def _text_of(message: Mapping[str, Any]) -> str:
    content = message["content"] or ""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + _encode(data) + b"\n\n"


def _encode(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data).encode()
