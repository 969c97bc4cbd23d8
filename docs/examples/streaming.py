"""Four ways to use a streamed answer, on any provider.

.venv/bin/python docs/examples/streaming.py                             # offline, on the mock
.venv/bin/python docs/examples/streaming.py --model openai/gpt-4o-mini  # needs OPENAI_API_KEY

The same with anthropic/claude-sonnet-5-5 (ANTHROPIC_API_KEY) and google/gemini-2.5-flash
(GEMINI_API_KEY).
"""

from __future__ import annotations

import argparse
import sys

from llm_connectivity import LLMClient, LLMError, Message

MESSAGES: list[Message] = [{"role": "user", "content": "Say hello."}]


def stream_response(client: LLMClient) -> None:
    """Print each piece as it arrives."""
    for chunk in client.chat_stream(messages=MESSAGES):
        print(chunk.content, end="", flush=True)
    print()


def number_chunks(client: LLMClient) -> None:
    """Look at each chunk, and put the text together."""
    texts = []
    for chunk in client.chat_stream(messages=MESSAGES):
        if chunk.content:
            texts.append(chunk.content)
            print(f"Chunk {len(texts)}: {chunk.content!r}")
        else:
            print(f"Finish reason: {chunk.finish_reason}")
    print(f"Total chunks: {len(texts)}")
    print(f"Full text: {''.join(texts)}")


def show_progress(client: LLMClient) -> None:
    """Print a dot for each piece, then the whole text."""
    stream = client.chat_stream(messages=MESSAGES)
    print("Generating response", end="", flush=True)
    for chunk in stream:
        if chunk.content:
            print(".", end="", flush=True)
    print(f"\nResponse: {stream.text}")


def summarise(client: LLMClient) -> None:
    """Print what is known once a stream has ended."""
    stream = client.chat_stream(messages=MESSAGES)
    for _ in stream:
        pass
    usage, cost = stream.usage, stream.cost
    print(f"Provider: {stream.provider}")
    print(f"Model: {stream.model}")
    print(f"Finish reason: {stream.finish_reason}")
    print(f"Tokens: {'not reported' if usage is None else usage.total_tokens}")
    print(f"Cost: {'unknown' if cost is None else f'{cost:.8f} USD'}")


SECTIONS = (
    ("Streaming Response", stream_response),
    ("Chunked Output", number_chunks),
    ("Streaming with Progress", show_progress),
    ("Streaming Summary", summarise),
)


def main() -> int:
    """Run all four."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", default="mock/demo", help="provider/model (default: %(default)s)"
    )
    arguments = parser.parse_args()
    try:
        with LLMClient(model=arguments.model) as client:
            for title, section in SECTIONS:
                print(f"=== {title} ===")
                section(client)
                print()
    except LLMError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
