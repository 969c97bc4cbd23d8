"""The keywords of a call: ours are checked by name and type, others go to the body as they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from .checks import check_json, is_number, is_whole
from .errors import ValidationError, show
from .option_checks import check_reasoning, check_response_format, check_tool_choice, check_tools

# Only a client is made with these; given per call they would be lost or change other calls.
CONSTRUCTOR_ONLY = frozenset(
    "api_key base_url adapter retry retry_budget verify proxy max_connections "
    "max_event_bytes".split()
)

# Words that mean something to this package, or will, and never go into a body by accident. What
# a vendor understands by them can be sent with extra_body.
RESERVED = frozenset({"stream", "response_model"})

_STREAM_ONLY = frozenset({"accumulate", "on_token"})


def _is_stop(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    )


# Option -> (what it must be, the check for it).
_PLAIN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "temperature": ("a number", is_number),
    "max_tokens": ("a whole number of at least 1", lambda v: is_whole(v) and v >= 1),
    "top_p": ("a number", is_number),
    "stop": ("a string or a list of strings", _is_stop),
    "seed": ("a whole number", is_whole),
    "frequency_penalty": ("a number", is_number),
    "presence_penalty": ("a number", is_number),
    "user": ("a string", lambda v: isinstance(v, str)),
    "parallel_tool_calls": ("True or False", lambda v: isinstance(v, bool)),
    "n": ("a whole number of at least 1", lambda v: is_whole(v) and v >= 1),
}

# Option -> the check that gives it as it is sent on.
_STRUCTURED: dict[str, Callable[[Any, str], Any]] = {
    "tools": check_tools,
    "tool_choice": check_tool_choice,
    "reasoning": check_reasoning,
    "response_format": check_response_format,
}

OPTIONS = (*_PLAIN, *_STRUCTURED)

_SETTINGS = tuple(
    "model provider timeout idle_timeout deadline max_retries fallbacks drop_unsupported "
    "raise_on_filter hooks".split()
)
_EXTRAS = ("extra_headers", "extra_body", "extra_query")

# Short names are left alone: 'top_k' is no misspelt 'top_p'. The constructor's count too, lest a
# misspelt api_key carries a key into a body.
_SHORTEST_NEAR_MISS = 6
_MISSPELT = tuple(
    name
    for name in (
        *OPTIONS,
        *_SETTINGS,
        *_EXTRAS,
        "messages",
        *sorted(CONSTRUCTOR_ONLY | RESERVED | _STREAM_ONLY),
    )
    if len(name) >= _SHORTEST_NEAR_MISS
)


# What other clients call settings of ours. No vendor's body has them, and a proxy's address may
# hold a password.
_SAID_ELSEWHERE = {
    "max_retry": "max_retries",
    "num_retries": "max_retries",
    "retries": "max_retries",
    "request_timeout": "timeout",
    "verify_ssl": "verify",
    "ssl_verify": "verify",
    "proxies": "proxy",
    "http_proxy": "proxy",
    "https_proxy": "proxy",
    "proxy_url": "proxy",
    "api_base": "base_url",
    "api_url": "base_url",
}


def check_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the named options that were given, each of the right type.

    Raises:
        ValidationError: One is not; the text names option and value.
    """
    options = {name: value for name, value in given.items() if value is not None}
    for name, value in options.items():
        if name in _STRUCTURED:
            options[name] = _STRUCTURED[name](value, name)
            continue
        expected, fits = _PLAIN[name]
        if not fits(value):
            raise ValidationError(
                f"{name} must be {expected}, not {show(value)}.", code="invalid_option"
            )
        options[name] = check_json(value, name)
    if options.get("tools") == []:  # a list that came out empty; providers refuse it
        del options["tools"]
    return options


def check_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Check the other keywords of a call, which are to go into the request body.

    Raises:
        ValidationError: One is a word of ours that has no place there, is nearly one, or can't be
            written as JSON. Its value is not shown: it may be a key.
    """
    checked = {}
    for name, value in extra.items():
        if name in CONSTRUCTOR_ONLY:
            raise ValidationError(
                f"{name} can't be given per call.",
                code="unknown_option",
                hint=f"Give it to the client: LLMClient({name}=...).",
            )
        if name in _STREAM_ONLY:
            raise ValidationError(
                f"{name} is an option of chat_stream alone.",
                code="unknown_option",
                hint="Call chat_stream(...); a whole answer has no pieces.",
            )
        if name in RESERVED:
            raise ValidationError(
                f"unknown option {name!r}.",
                code="unknown_option",
                hint="For a streamed answer call chat_stream(...)."
                if name == "stream"
                else "It is not supported yet; what the provider calls so goes into "
                "extra_body={...}.",
            )
        near = _near_miss(name)
        if near:
            guess = "" if near in RESERVED else f"Did you mean {near!r}? "
            raise ValidationError(
                f"unknown option {name!r}.",
                code="unknown_option",
                hint=f"{guess}To send {name!r} as it is, use extra_body={{...}}.",
            )
        checked[check_json(name, "a keyword")] = check_json(value, name)
    return checked


def drop_unsupported(
    options: Mapping[str, Any],
    supported: Collection[str],
    provider: str,
    *,
    drop: bool,
    where: str = "",
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Hold options against what a wire has.

    Args:
        options: Named options that were given.
        supported: Those the wire has.
        provider: For the text of errors and warnings.
        drop: Leave out what the wire lacks, with a warning, instead of refusing it.
        where: What the error says behind the provider's name.

    Returns:
        The options that are left, and one warning for each that was dropped.

    Raises:
        ValidationError: The wire lacks one, and ``drop`` is false.
    """
    lacking = [name for name in options if name not in supported]
    if lacking and not drop:
        raise ValidationError(
            f"{provider}{where} has no option {lacking[0]!r}.",
            code="unsupported_option",
            hint=f"It has: {', '.join(sorted(supported))}; drop_unsupported=True leaves it out.",
        )
    kept = {name: value for name, value in options.items() if name in supported}
    return kept, tuple(f"{provider} has no option {name!r}: dropped." for name in lacking)


def _near_miss(name: str) -> str | None:
    if name.lower() in _SAID_ELSEWHERE:
        return _SAID_ELSEWHERE[name.lower()]
    if len(name) < _SHORTEST_NEAR_MISS:
        return None
    return next((ours for ours in _MISSPELT if _distance_within(name, ours, 2)), None)


def _distance_within(a: str, b: str, most: int) -> bool:
    if abs(len(a) - len(b)) > most:
        return False
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1] <= most
