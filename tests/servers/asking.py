"""How the checks ask a running aimock, and what they look for in a stream."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from llm_connectivity import LLMClient, LLMError, RetryPolicy, StreamChunk
from llm_connectivity.types import Messages
from tests.servers.aimock import Aimock
from tests.servers.replies import USAGE
from tests.servers.wires import Wire

KEY = "test-key-123"


def connect(
    server: Aimock, wire: Wire, *, headers: Mapping[str, str] | None = None, **options: Any
) -> LLMClient:
    """Make a client that does not wait between tries; aimock counts its requests apart."""
    settings = {
        "model": wire.model,
        "base_url": server.origin + wire.base,
        "api_key": KEY,
        "retry": RetryPolicy(sleep=lambda seconds: None, jitter=0),
        "extra_headers": {"x-test-id": uuid.uuid4().hex, **(headers or {})},
    }
    return LLMClient(**{**settings, **options})


def ask(client: LLMClient, prompt: Messages, *, streamed: bool, **options: Any) -> Any:
    """Give the whole answer, or what a stream has become at its end."""
    if streamed:
        return client.chat_stream(prompt, **options).collect()
    return client.chat(prompt, **options)


def fail(client: LLMClient, prompt: str, *, streamed: bool, **options: Any) -> LLMError:
    """Ask for something that fails before anything is delivered."""
    chunks: list[StreamChunk] = []
    with pytest.raises(LLMError) as caught:
        if streamed:
            chunks.extend(client.chat_stream(prompt, **options))
        else:
            client.chat(prompt, **options)
    assert chunks == []
    return caught.value


def break_off(client: LLMClient, prompt: str) -> tuple[LLMError, str]:
    """Read a stream that fails; give the error, and the text that came before."""
    stream = client.chat_stream(prompt)
    chunks: list[StreamChunk] = []
    with pytest.raises(LLMError) as caught:
        chunks.extend(stream)
    text = "".join(chunk.content for chunk in chunks)
    assert text == stream.text == caught.value.partial_text
    assert not any(is_closing(chunk) for chunk in chunks)
    return caught.value, text


def is_closing(chunk: StreamChunk) -> bool:
    """Tell the closing chunk from the others."""
    says = chunk.content or chunk.reasoning or chunk.tool_calls
    return not says or chunk.finish_reason is not None or chunk.usage is not None


def check_stream(chunks: Sequence[StreamChunk], text: str, wire: Wire) -> None:
    """See the text, several pieces of it, and one closing chunk, the last, with the usage."""
    assert "".join(chunk.content for chunk in chunks) == text
    assert len(chunks) > 5
    assert [is_closing(chunk) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert (chunks[-1].content, chunks[-1].finish_reason) == ("", "stop")
    assert counts(chunks[-1]) == sent_counts(wire)


def counts(said: Any) -> tuple[int, int, int]:
    """Give the three numbers of a usage."""
    usage = said.usage
    return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens


def sent_counts(wire: Wire) -> tuple[int, int, int]:
    """Give those that aimock sends."""
    return USAGE["prompt_tokens"], USAGE["completion_tokens"], wire.total
