"""The public API as users write it; checked by mypy, never run."""

from typing import assert_type

from llm_connectivity import (
    Attempt,
    CallEnd,
    ChatResponse,
    ChatStream,
    Hooks,
    LLMClient,
    LLMError,
    Message,
    MockAdapter,
    MockReply,
    RateLimitError,
    RetryPolicy,
    StreamChunk,
    StreamStats,
    Usage,
)
from llm_connectivity.providers.anthropic_adapter import AnthropicAdapter
from llm_connectivity.providers.google_adapter import GoogleAdapter
from llm_connectivity.providers.openai_adapter import OpenAIAdapter

client = LLMClient(
    model="openai/gpt-4o-mini", api_key="sk", timeout=30, max_retries=2, retry_budget=False
)
assert_type(client.chat(messages=[{"role": "user", "content": "Hello"}]), ChatResponse)
assert_type(client.chat("Hello", temperature=0.2, top_k=5), ChatResponse)

stream = client.chat_stream(
    messages=[
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
    ],
    max_tokens=50,
    extra_body={"tools": []},
)
assert_type(stream, ChatStream)
for chunk in stream:
    assert_type(chunk, StreamChunk)
    assert_type(chunk.content, str)
    assert_type(chunk.finish_reason, str | None)
    assert_type(chunk.usage, Usage | None)
assert_type(stream.text, str)
assert_type(stream.usage, Usage | None)
assert_type(stream.cost, float | None)
assert_type(stream.attempts, tuple[Attempt, ...])

assert_type(stream.stats, StreamStats)
assert_type(stream.stats.first_chunk_seconds, float | None)
assert_type(stream.collect(), ChatResponse)
assert_type(stream.partial, ChatResponse)


def note_end(end: CallEnd) -> None:
    """Look at the end of a call."""
    assert_type(end.usage, Usage | None)
    assert_type(end.cost, float | None)


hooks = Hooks(
    on_start=lambda request: request.model.upper(),
    on_retry=lambda error, wait: wait + (error.retry_after or 0),
    on_token=print,
    on_end=note_end,
)
watched = client.with_options(deadline=20, idle_timeout=5, hooks=hooks, fallbacks=["mock/demo"])
assert_type(watched, LLMClient)
watched.chat("Hello", model="anthropic/claude-sonnet-5-5", fallbacks=[MockAdapter()], deadline=5)
watched.chat_stream("Hello", provider="google", model="gemini-2.5-flash", on_token=print)

history: list[Message] = [{"role": "user", "content": "Hello"}]
history.append({"role": "assistant", "content": stream.text})

try:
    client.chat(history)
except RateLimitError as error:
    assert_type(error.retry_after, float | None)
    assert_type(error.retryable, bool)
except LLMError as error:
    assert_type(error.hint, str | None)
    assert_type(error.partial, ChatResponse | None)

mock = MockAdapter(replies=["Hi", ["H", "i"], RateLimitError, MockReply(text="Hi", usage=None)])
with LLMClient(adapter=mock, retry=RetryPolicy(max_retries=1, network=(1, 2, 5))) as offline:
    assert_type(offline, LLMClient)
LLMClient(adapter=AnthropicAdapter("sk", 20, "http://localhost:8000", 2, verify=False))
LLMClient("openai/gpt-4o-mini", proxy="http://user:password@proxy.example:3128")
LLMClient(adapter=OpenAIAdapter("sk", proxy="http://proxy.example:3128"))
LLMClient(adapter=GoogleAdapter("key"), fallbacks=["mock/demo", OpenAIAdapter("sk")])
LLMClient(adapter=OpenAIAdapter(api_key=lambda: "sk", base_url="http://localhost:8000/v1"))

Hooks(on_token=5)  # type: ignore[arg-type]
client.chat("Hello", temperature="hot")  # type: ignore[arg-type]
client.chat([{"role": "nobody", "content": "Hello"}])  # type: ignore[typeddict-item]
client.chat([{"role": "user"}])  # type: ignore[typeddict-item]
