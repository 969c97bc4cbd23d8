"""HTTP status and headers -> error: what all wires have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    ErrorFacts,
    InsufficientCreditsError,
    LLMError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from ..retry import LONGEST_HINT_SECONDS
from .headers import read_rate_limits, read_retry_after, request_id
from .json_text import CHECK_ADDRESS, beginning_of
from .json_values import dicts_in

_STATUSES: dict[int, type[LLMError]] = {
    401: AuthenticationError,
    402: InsufficientCreditsError,
    403: PermissionDeniedError,
    404: ModelNotFoundError,
    408: RequestTimeoutError,
    409: ProviderError,
    429: RateLimitError,
    529: OverloadedError,
}

# Which classes that a code names say more than the status they come with.
_REFINING: dict[int, frozenset[type[LLMError]]] = {
    400: frozenset({ContextWindowExceededError, ContentFilterError}),
    429: frozenset({InsufficientCreditsError}),
    503: frozenset({OverloadedError}),
}

# What servers have been seen to say of a conversation that is too long.
_CONTEXT_WORDS = (
    "context length",
    "context window",
    "exceed context limit",
    "prompt is too long",
    "prompt too long",
    "maximum prompt length",
    "available context size",
    "input is too long",
    "contextwindowexceedederror",
    "total length of all messages is too long",
    "reduce the length",
    "exceeded model token limit",
    "range of input length should be",
    "prompt exceeds max length",
    "longer than the maximum model length",
    "max_seq_len",
)

# How much of a message is looked through for these, in characters; some servers repeat the prompt.
_LOOKED_THROUGH = 8000

# Where the words of an error stand, the best first.
_WORDS = ("message", "detail", "msg", "title", "Message", "error", "description")

_DEEPEST_WORDS = 8

# Codes that say no more than that the request is wrong.
_GENERAL_CODES = (
    "",
    "invalid_request_error",
    "invalid_parameter_error",
    "badrequesterror",
    "bad_request",
    "bad_request_error",
    "validation_error",
)

# ``x-should-retry: true`` is believed on these, and on 5xx.
_BELIEVED_TO_PASS = (408, 409, 429)

_OTHER_SERVER = (
    "A proxy or another server has answered, not the API; if it stays so, check base_url."
)
_SHOWN_OF_A_PAGE = 100  # characters

_HINTS: dict[type[LLMError], str] = {
    AuthenticationError: "Check that the key is this provider's, complete, and still valid.",
    PermissionDeniedError: "Check what this key, its project and its region may use.",
    InsufficientCreditsError: "Top up the account or raise its limit; retrying won't help.",
    ModelNotFoundError: "Check the model's name, whether this key may use it, and base_url.",
    RateLimitError: "Send fewer requests at a time, or wait and try again.",
    OverloadedError: "Wait and try again, or use another model.",
}


Codes = Mapping[str, type[LLMError]]


def class_for_code(codes: Codes, *words: str | None) -> type[LLMError] | None:
    """Give the class of the first of a vendor's words, its code or type, that is known."""
    return next(_classes(codes, words), None)


def refine(status: int, codes: Codes, *words: str | None) -> type[LLMError] | None:
    """Give the first class that says more than the status, which goes first."""
    more = _REFINING.get(status, frozenset())
    return next((cls for cls in _classes(codes, words) if cls in more), None)


def is_general(code: str | None) -> bool:
    """Whether a code says so little about a refused request that its words have to be read."""
    lowered = (code or "").lower()
    return lowered in _GENERAL_CODES or lowered.isdigit() or " " in lowered  # words, and no code


def speaks_of_full_context(message: str) -> bool:
    """Whether these words say that the conversation is longer than the model's context window."""
    words = message[:_LOOKED_THROUGH].lower()
    return any(wording in words for wording in _CONTEXT_WORDS) or (
        "input token count" in words and ("exceeds" in words or "supports up to" in words)
    )


def take_document(body: Any) -> Any:
    """Take an error document out of the list that Google's servers may put it into."""
    return body[0] if isinstance(body, list) and body else body


def find_error(document: Any) -> Any:
    """Give what tells of the error in a document: ``error``, one of ``errors``, or all of it."""
    if not isinstance(document, dict):
        return document
    return document.get("error") or next(iter(dicts_in(document.get("errors"))), document)


def read_words(error: Any, deepest: int = _DEEPEST_WORDS) -> str:
    """Give the words of an error, of its message, or of each entry of a list in its place.

    Of entries like ``{"loc": ["body", "seed"], "msg": ..., "input": ...}`` place and words, and not
    what was sent.

    Args:
        error: Whatever stands where the error should.
        deepest: How many levels down words are looked for.
    """
    if not isinstance(error, list | dict):
        return beginning_of(write_plain(error) or "")
    if not deepest:
        return ""
    if isinstance(error, list):
        return "; ".join(filter(None, (read_words(entry, deepest - 1) for entry in error)))
    told = next((error[name] for name in _WORDS if error.get(name)), "")
    words = told if isinstance(told, str) else read_words(told, deepest - 1)
    place = error.get("loc")
    if not isinstance(place, list) or not words:
        return words
    return f"{'.'.join(filter(None, map(write_plain, place)))}: {words}"


def write_plain(value: Any) -> str | None:
    """Give a text or a number as text, ``None`` for anything else."""
    if isinstance(value, str):
        return value
    try:
        return str(value) if type(value) in (int, float) else None
    except ValueError:  # more digits than Python writes
        return None


def error_for_status(
    facts: ErrorFacts,
    refined: type[LLMError] | None,
    code: str | None,
    message: str,
    *,
    own_form: bool,
    retry_after: float | None = None,
) -> LLMError:
    """Make the error for an answer whose status is an error.

    Args:
        facts: What the wire says.
        refined: The class that the vendor's code names, where it says more than the status.
        code: The vendor's code.
        message: The vendor's words.
        own_form: Whether the body is an error document of this wire, and not some proxy's page.
        retry_after: The hint in the body, in seconds, where the wire has one there; a header goes
            before it.
    """
    status = facts.status or 0
    told = read_retry_after(facts.headers)
    retry_after = retry_after if told is None else told
    cls, message, hint = _read_status(status, facts, message, own_form=own_form)
    if refined is not None:
        cls, hint = refined, _HINTS.get(refined)
    if retry_after is not None and retry_after > LONGEST_HINT_SECONDS:
        hint = f"The server wants to be left alone for {retry_after:g} s; nobody waited."
    return cls(
        message or "the server gave no reason.",
        status_code=status,
        code=code,
        request_id=request_id(facts.headers),
        retry_after=retry_after,
        rate_limits=read_rate_limits(facts.headers),
        body=facts.body,
        provider_error=facts.cause,
        retryable=_retryable(cls, status, facts.headers),
        hint=hint,
    )


def _classes(codes: Codes, words: tuple[str | None, ...]) -> Iterator[type[LLMError]]:
    return (codes[word.lower()] for word in words if word and word.lower() in codes)


def _read_status(
    status: int, facts: ErrorFacts, message: str, *, own_form: bool
) -> tuple[type[LLMError], str, str | None]:
    if status < 400:
        target = facts.headers.get("location")
        if target:
            return (
                ProviderError,
                f"the server redirects to {_host(target)}; that is not followed, as prompt and key "
                "would go along.",
                "If that is where the API lives, give it as base_url.",
            )
        return ProviderError, f"{facts.address or 'the server'} sent no answer.", "Check base_url."
    if status == 404 and not own_form:
        return (
            ProviderError,
            f"nothing is there at {facts.address or 'this address'}: {message!r}",
            CHECK_ADDRESS,
        )
    cls = _STATUSES.get(status) or (ProviderError if status >= 500 else ValidationError)
    if not own_form and message.lstrip().startswith("<"):
        page = " ".join(message.split())[:_SHOWN_OF_A_PAGE]
        message = f"{facts.address or 'the server'} answered with an HTML page: {page!r}"
        return cls, message, _HINTS.get(cls, _OTHER_SERVER)
    return cls, message, _HINTS.get(cls)


def _retryable(cls: type[LLMError], status: int, headers: Mapping[str, str]) -> bool:
    asked = headers.get("x-should-retry", "").lower()
    if asked == "false" or issubclass(cls, InsufficientCreditsError):
        return False
    if asked == "true" and (status in _BELIEVED_TO_PASS or status >= 500):
        return True
    return cls._retryable and ((status in _STATUSES and status != 404) or status >= 500)


def _host(url: str) -> str:
    found = re.match(r"(?:[a-z]+:)?//(?:[^/@]*@)?([^/?#]+)", url, re.IGNORECASE)
    return found[1] if found else "another path on the same server"
