"""The promises in a user's words; which tests prove them is read from the tests."""

from __future__ import annotations

from typing import NamedTuple


class Promise(NamedTuple):
    """One promise."""

    title: str
    words: str


PROMISES: dict[int, Promise] = {
    1: Promise(
        "A stream that was cut is never reported as complete",
        "The loop over a stream ends where the provider has said that the answer is over: with a "
        "finish reason, or with the marker that ends its streams. Anything else is a "
        "`StreamInterruptedError`, with what came so far in `error.partial`.",
    ),
    2: Promise(
        "A finish reason is never made up",
        "`finish_reason` is what the provider said. Where it ended an answer without one, it is "
        "`None`.",
    ),
    3: Promise(
        "Nothing is delivered twice",
        "A call is repeated until its first chunk has reached you, and never after it.",
    ),
    4: Promise(
        "Only `LLMError` and its subclasses come out",
        "Whatever a server sends, `except LLMError` catches what goes wrong, and `.retryable` says "
        "whether asking again makes sense. What your own callbacks raise, and "
        "`KeyboardInterrupt`, reach you untouched.",
    ),
    5: Promise(
        "An error says all that is known",
        "Provider, model, status, request id, hint to wait, every try, the text and the usage so "
        "far, the vendor's own exception; and it can be pickled.",
    ),
    6: Promise(
        "`deadline=` bounds a whole call",
        "In seconds, from the first I/O on, over connecting, headers, every byte, retries and the "
        "waits between them. Where the server asks for a longer wait than is left, the error comes "
        "at once.",
    ),
    7: Promise(
        "`idle_timeout=` counts what is new, not signs of life",
        "A server that only says that it lives does not hold you for ever; a slow stream that goes "
        "on is never cut.",
    ),
    8: Promise(
        "What the server says about asking again is kept",
        "`retry-after` in seconds and as a date, `retry-after-ms`, `x-should-retry`, and hints in "
        "the document. What asking again can't mend is asked once.",
    ),
    9: Promise(
        "An outage costs little",
        "A client has a budget for retries: while everything fails, errors come at once instead of "
        "a storm of requests.",
    ),
    10: Promise(
        "A 200 that is no answer is an error",
        "A page of a proxy, an empty body, half a document, or another API's answer never becomes "
        "an empty text.",
    ),
    11: Promise(
        "Every legal event stream is read, to the character",
        "However it is cut into segments, and however its lines end; on every wire.",
    ),
    12: Promise(
        "Memory is bounded, and time grows with the answer alone",
        "An event larger than `max_event_bytes` is an error; a large or a long answer is none.",
    ),
    13: Promise(
        "Keys and prompts never show",
        "Not in errors, their fields, their pickles or the locals of their tracebacks, also where "
        "the server echoes the key; and neither is sent to another server than the one you named.",
    ),
    14: Promise(
        "Connections are freed, and reused",
        "Leaving a loop, `close()` and dropping a stream free the socket at once; a stream that "
        "was read to its end leaves its connection to the next call; after `client.close()` "
        "nothing is left. `close()` from another thread ends a call within 0.2 s, Ctrl-C within "
        "0.5 s, wherever it waits.",
    ),
    15: Promise(
        "One client serves many threads, and survives a fork",
        "No thread and no child process ever reads the answer to another one's question.",
    ),
    16: Promise(
        "What comes behind the finish reason spoils nothing",
        "A server that lingers, resets or sends garbage once the answer is over takes nothing of "
        "it away, and holds you for a moment at most.",
    ),
}
