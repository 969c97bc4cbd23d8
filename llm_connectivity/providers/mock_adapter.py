"""A provider without a network: scripted answers over the same codec, decoder and retry path."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from typing import Any, cast

from ..errors import ErrorFacts, RequestTimeoutError, ValidationError, show
from ..limits import Limits
from ..options import OPTIONS
from ..retry import read_retry_after
from ..types import ChatRequest, ChatResponse
from ..wires.json_text import parse_document
from ..wires.mock import MockCodec
from .mock_reply import MockReply, Reply, failure_of, to_reply

_NONE_LEFT = object()

DEMO_PIECES = ("Hello", "!", " How", " can", " I", " help", "?")


class MockAdapter:
    """Adapter that answers from a script; one reply per request, retries included.

    Args:
        replies: A text, a list of pieces, an error (class or object), or a `MockReply` each;
            ``None``: ``Hello! How can I help?`` for ever. Any iterable will do, so
            ``itertools.repeat("Hi")`` never ends.
        unsupported: Named options it pretends to lack.
        sleep: Waits a number of seconds; replaced in tests.

    Attributes:
        requests: Every `ChatRequest` it has been asked, in order.
    """

    provider = "mock"

    def __init__(
        self,
        replies: Iterable[Reply] | None = None,
        *,
        unsupported: Collection[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        _check_script(replies, unsupported, sleep)
        lacking = {unsupported} if isinstance(unsupported, str) else set(unsupported)
        self.codec = MockCodec(frozenset(OPTIONS) - lacking)
        self.timeout: float | None = None
        self.max_retries: int | None = None
        self.requests: list[ChatRequest] = []
        self._replies = None if replies is None else iter(replies)
        self._sleep = sleep
        self._lock = threading.Lock()

    def chat(self, request: ChatRequest, limits: Limits) -> ChatResponse:
        """Answer whole."""
        reply = self._next_reply(request)
        self._fail_at_once(reply)
        _wait(reply.delay, limits, self._sleep)
        if reply.cut_after is not None:
            raise failure_of(reply)
        document = {"model": request.model, "text": "".join(reply.split()), **_end(reply, request)}
        return self.codec.parse_chat(parse_document(_encode(document), "application/json"))

    def open_stream(self, request: ChatRequest, limits: Limits) -> MockBody:
        """Answer in pieces."""
        reply = self._next_reply(request)
        self._fail_at_once(reply)
        return MockBody(reply, request, limits, self._sleep)

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def __repr__(self) -> str:
        return "MockAdapter()"

    def _next_reply(self, request: ChatRequest) -> MockReply:
        with self._lock:
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
                    retry_after=read_retry_after(reply.headers),
                )
            )


class MockBody:
    """The bytes of one scripted stream."""

    def __init__(
        self, reply: MockReply, request: ChatRequest, limits: Limits, sleep: Callable[[float], None]
    ) -> None:
        self.headers: Mapping[str, str] = {"content-type": "text/event-stream", **reply.headers}
        self.limits = limits
        self._pieces = self._play(reply, request, sleep)
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = b"" if self._closed else next(self._pieces)
        if self._closed:  # maybe by another thread, meanwhile
            raise StopIteration
        return piece

    def close(self) -> None:
        """Send no more."""
        self._closed = True

    def _play(
        self, reply: MockReply, request: ChatRequest, sleep: Callable[[float], None]
    ) -> Generator[bytes]:
        for i, piece in enumerate(reply.split()):
            if i == reply.cut_after:
                raise failure_of(reply)
            _wait(reply.delay, self.limits, sleep)
            yield _event({"model": request.model, "text": piece})
        if reply.cut_after is not None:
            raise failure_of(reply)
        yield _event({"model": request.model, **_end(reply, request)})
        yield b"data: [DONE]\n\n"


def _check_script(replies: object, unsupported: object, sleep: object) -> None:
    if isinstance(replies, str | bytes | Mapping) or not isinstance(replies, Iterable | None):
        raise ValidationError(
            f"replies must be a list of replies, not {type(replies).__name__}.",
            code="invalid_option",
            hint="Put it into a list: replies=[...].",
        )
    if not callable(sleep):
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


def _wait(seconds: float, limits: Limits, sleep: Callable[[float], None]) -> None:
    if seconds <= 0:
        return
    allowed = limits.next_wait()
    sleep(min(seconds, allowed))
    if seconds > allowed:
        raise RequestTimeoutError("no answer in time (read timeout).", code="read_timeout")


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
    content = message["content"]
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content)


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + _encode(data) + b"\n\n"


def _encode(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data).encode()
