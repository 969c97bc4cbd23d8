"""What failures look like, offline: what is retried, what is kept, and what the errors say.

.venv/bin/python examples/failures.py
"""

from __future__ import annotations

import argparse

from llm_connectivity import (
    LLMClient,
    LLMError,
    MockAdapter,
    MockReply,
    RateLimitError,
    RetryPolicy,
)

WAITS: list[float] = []

# A program keeps the default, which really sleeps; this one only notes how long it would.
POLICY = RetryPolicy(sleep=WAITS.append, jitter=0)


def show(title: str, *replies: str | MockReply | type[LLMError]) -> None:
    """Stream one answer from a script, and print what the caller sees."""
    WAITS.clear()
    print(f"--- {title}")
    with LLMClient(adapter=MockAdapter(replies=replies), retry=POLICY) as client:
        stream = client.chat_stream("Say hello.")
        try:
            for chunk in stream:
                print(chunk.content, end="")
            print(f"\ncomplete: {stream.finish_reason}")
        except LLMError as error:
            print(f"\n{type(error).__name__}: {error}")
            print(f"text so far: {error.partial_text!r}; worth asking again: {error.retryable}")
        print(f"tries: {len(stream.attempts)}; waited: {WAITS}")


def main() -> None:
    """Show five of them."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    show("A rate limit that passes", RateLimitError, RateLimitError, "Hello!")
    busy = MockReply(status=429, text="Slow down.", headers={"retry-after": "7"})
    show("A server that says how long to wait", busy, "Hello!")
    show("A wrong key: not retried", MockReply(status=401, text="Incorrect API key."))
    show("A stream that breaks off before its first text", MockReply(cut_after=0), "Hello!")
    show("A stream that breaks off later", MockReply(pieces=["Hello", "! How"], cut_after=2))


if __name__ == "__main__":
    main()
