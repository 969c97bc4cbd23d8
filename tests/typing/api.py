"""The public API as users write it; checked by mypy, never run."""

from collections.abc import Mapping
from pathlib import Path
from typing import assert_type

from llm_connectivity import (
    Attempt,
    CallEnd,
    ChatChoice,
    ChatResponse,
    ChatStream,
    Citation,
    Hooks,
    LLMClient,
    LLMError,
    Message,
    MockAdapter,
    MockReply,
    ProviderSpec,
    RateLimitError,
    RetryPolicy,
    StreamChunk,
    StreamStats,
    ToolCall,
    ToolCallDelta,
    Usage,
    audio,
    image,
    pdf,
    register_provider,
)
from llm_connectivity.message_types import AudioPart, FilePart, ImagePart, Part
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

history.append(stream.response.to_message())
history += [{"role": "tool", "tool_call_id": c.id, "content": "3"} for c in stream.tool_calls]
client.chat([*history, {"role": "user", "content": "And now?"}])

# Parts, by hand and made of files.
photo = image(Path("photo.png"), detail="low")
assert_type(photo, ImagePart)
assert_type(pdf(b"%PDF-", filename="paper.pdf"), FilePart)
assert_type(audio("speech.wav"), AudioPart)
look: list[Part] = [{"type": "text", "text": "What is this?"}, photo, pdf("paper.pdf")]
client.chat([{"role": "user", "content": look}])
client.chat([{"role": "user", "content": [{"type": "text", "text": "And this?"}, photo]}])
client.chat([{"role": "user", "content": [image("https://example.com/a.png"), audio(b"RIFF")]}])
by_hand: list[Message] = [
    {"role": "system", "content": "Be short.", "cache_control": {"type": "ephemeral"}},
    {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "3"},
]
client.chat_stream(by_hand)

# Tools, and what an answer holds besides text.
add = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
answer = client.chat(
    "1 + 2?",
    tools=[add],
    tool_choice={"type": "function", "function": {"name": "add"}},
    parallel_tool_calls=False,
    reasoning=1024,
    response_format={"type": "json_object"},
    n=2,
)
assert_type(answer.to_message(), Message)
assert_type(answer.tool_calls, tuple[ToolCall, ...])
assert_type(answer.tool_calls[0].arguments_text, str)
total = answer.tool_calls[0].arguments["x"] + 1
assert_type(answer.choices, tuple[ChatChoice, ...])
assert_type(answer.choices[1].content, str)
assert_type(answer.citations[0].url, str | None)
assert_type(answer.reasoning, str)
assert_type(answer.refusal, str | None)
assert_type(answer.rate_limits, Mapping[str, float])
for chunk in client.chat_stream("1 + 2?", tools=[add], tool_choice="auto", reasoning="low"):
    assert_type(chunk.reasoning, str)
    assert_type(chunk.tool_calls, tuple[ToolCallDelta, ...])
    assert_type(chunk.citations, tuple[Citation, ...])
assert_type(stream.reasoning, str)
assert_type(stream.tool_calls, tuple[ToolCall, ...])
MockReply(reasoning="Hm.", tool_calls=[("add", {"x": 1}), ("now", "")])

try:
    client.chat(history)
except RateLimitError as error:
    assert_type(error.retry_after, float | None)
    assert_type(error.retryable, bool)
except LLMError as error:
    assert_type(error.hint, str | None)
    assert_type(error.partial, ChatResponse | None)

mock = MockAdapter(replies=["Hi", ["H", "i"], RateLimitError, MockReply("Hi", usage=None)])
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
client.chat([{"content": "Hello"}])  # type: ignore[typeddict-item]

register_provider(ProviderSpec(name="lab", base_url="http://lab:8000/v1", needs_key=False))
register_provider(
    ProviderSpec(
        name="lab",
        adapter="anthropic",
        base_url="http://lab:8000",
        key_variables=("LAB_KEY",),
        refuses=frozenset({"seed"}),
    ),
    replace=True,
)
client.chat([{"role": "user", "contents": "Hello"}])  # type: ignore[typeddict-unknown-key]
client.chat([{"role": "user", "content": [{"type": "text"}]}])  # type: ignore[list-item]
client.chat("Hello", tools="add")  # type: ignore[arg-type]
image(17)  # type: ignore[arg-type]
