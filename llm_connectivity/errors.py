"""Every error that comes out of the package.

::

LLMError
├── ValidationError              the request is wrong: a look at it says why
│   └── ContentFilterError       refused by the provider's content filter
├── ContextWindowExceededError   the conversation is longer than the model can take
├── AuthenticationError          no key, or a wrong one
│   └── PermissionDeniedError    the key may not do this
├── InsufficientCreditsError     quota or credit is used up; waiting does not help
├── ModelNotFoundError           the provider has no such model
├── RateLimitError               too many requests; waiting helps
├── NetworkError                 connecting, TLS, reset, a broken answer
│   ├── RequestTimeoutError      a limit ran out; also a built-in TimeoutError
│   └── StreamInterruptedError   a stream ended before its end
└── ProviderError                the provider failed, or its answer is no answer
    └── OverloadedError          it is overloaded and says so
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar

from .types import Attempt, ChatResponse, Usage

__all__ = [
    "AuthenticationError",
    "ContentFilterError",
    "ContextWindowExceededError",
    "InsufficientCreditsError",
    "LLMError",
    "ModelNotFoundError",
    "NetworkError",
    "OverloadedError",
    "PermissionDeniedError",
    "ProviderError",
    "RateLimitError",
    "RequestTimeoutError",
    "StreamInterruptedError",
    "ValidationError",
]


_LONGEST_MESSAGE = 1000
_LONGEST_VALUE = 100
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts:
    """What a wire says about a failure; a codec decides from it which error that is.

    Attributes:
        status: HTTP status, or ``None`` for a failure told inside an answer with status 200.
        headers: Response headers, names in lower case.
        body: The parsed body where it is JSON, else its text.
        cause: The vendor SDK's exception, where there is one.
        address: What was asked, for hints about it.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    cause: BaseException | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class ForeignError:
    """What is left of another library's exception once an error has been pickled or copied."""

    type_name: str
    text: str


class LLMError(Exception):
    """Base of all errors of this package.

    Attributes:
        message: What happened, in one or two sentences.
        provider: Name of the provider that was asked.
        model: Name of the model that was asked.
        status_code: HTTP status, or ``None`` where none came or the failure was told inside a 200.
        code: Machine-readable code: the vendor's, or ours (``"read_timeout"``, ``"empty_body"``).
        request_id: The provider's id of the request.
        retry_after: Seconds after which the server wants to be asked again.
        attempts: Every try of this call.
        partial: What had arrived, as a response without finish reason, of a stream that keeps its
            text; all of an answer that a filter cut, where that is an error; else ``None``.
        partial_text: Its text.
        usage: Token counts that had arrived.
        rate_limits: Numbers of the rate-limit headers: what is left, and seconds until it is reset.
        body: The provider's error document: parsed JSON, or text. Keys in it are masked.
        provider_error: The vendor SDK's exception; also the ``__cause__``.
        retryable: Whether asking again makes sense, even where the client itself won't.
        hint: One sentence with the way out, or ``None``.
    """

    _retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str = "",
        *,
        provider: str | None = None,
        model: str | None = None,
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: tuple[Attempt, ...] = (),
        partial: ChatResponse | None = None,
        partial_text: str | None = None,
        usage: Usage | None = None,
        rate_limits: Mapping[str, float] | None = None,
        body: Any = None,
        provider_error: Any = None,
        retryable: bool | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.model = model
        self.status_code = status_code
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.partial = partial
        self.partial_text = partial_text
        self.usage = usage
        self.rate_limits = dict(rate_limits or {})
        self.body = body
        self.provider_error = provider_error
        self.retryable = self._retryable if retryable is None else retryable
        self.hint = hint

    def __str__(self) -> str:
        where = "/".join(part for part in (self.provider, self.model) if part)
        status = f"HTTP {self.status_code}" if self.status_code else ""
        prefix = " ".join(part for part in (where, status) if part)
        message = shorten(self.message, _LONGEST_MESSAGE)
        if self.hint and message[-1:] not in ".!?:":
            message += "."
        text = f"{prefix}: {message}" if prefix else message
        return " ".join(part for part in (text, self.hint, self._trail()) if part)

    def _trail(self) -> str:
        parts = [f"request {self.request_id}"] if self.request_id else []
        if len(self.attempts) > 1:
            seconds = sum(attempt.waited + attempt.seconds for attempt in self.attempts)
            parts.append(f"{len(self.attempts)} tries in {seconds:.1f} s")
        asked = {f"{one.provider}/{one.model}": one.error for one in self.attempts}
        asked.pop(f"{self.provider}/{self.model}", None)
        parts += [f"before it {name}: {error}" for name, error in asked.items()]
        return f"({', '.join(parts)})" if parts else ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> Any:
        state = dict(self.__dict__)
        state["provider_error"] = _reduce_foreign(self.provider_error)
        return _rebuild, (type(self), state)

    def to_dict(self) -> dict[str, Any]:
        """Give the error as JSON; the vendor's exception is left out."""
        result = {k: v for k, v in self.__dict__.items() if k != "provider_error"}
        result["type"] = type(self).__name__
        result["attempts"] = [attempt.to_dict() for attempt in self.attempts]
        for name in ("usage", "partial"):
            result[name] = None if result[name] is None else result[name].to_dict()
        return result


def _rebuild(cls: type[LLMError], state: dict[str, Any]) -> LLMError:
    error = cls.__new__(cls, state["message"])
    error.args = (state["message"],)
    error.__dict__.update(state)
    return error


def _reduce_foreign(error: Any) -> Any:
    if error is None or isinstance(error, ForeignError):
        return error
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return ForeignError(type_name=name, text=repr(error))


class ValidationError(LLMError):
    """The request is wrong, found by us before anything was sent, or by the provider."""


class ContentFilterError(ValidationError):
    """The provider's content filter refused the request, or cut the answer."""


class ContextWindowExceededError(LLMError):
    """The conversation is longer than the model's context window."""


class AuthenticationError(LLMError):
    """The key is missing, malformed or refused."""


class PermissionDeniedError(AuthenticationError):
    """The key is known, and may not do this."""


class InsufficientCreditsError(LLMError):
    """Quota or credit is used up; asking again does not help until it is filled up."""


class ModelNotFoundError(LLMError):
    """The provider has no model of this name, or this key may not see it."""


class RateLimitError(LLMError):
    """Too many requests or tokens in a short time."""

    _retryable = True


class NetworkError(LLMError):
    """The connection could not be made, broke, or carried something that is no HTTP."""

    _retryable = True


class RequestTimeoutError(NetworkError, TimeoutError):
    """A time limit ran out; ``code`` says which: ``"connect_timeout"``, ``"deadline"`` ..."""


class StreamInterruptedError(NetworkError):
    """A stream broke off before its finish reason or terminal marker; its text is kept."""


class ProviderError(LLMError):
    """The provider failed, or what it sent is no answer of its wire."""

    _retryable = True


class OverloadedError(ProviderError):
    """The provider says that it is overloaded."""


_RAISE_TIMEOUT = "Raise timeout= if the server needs longer."

# Code -> what did not happen in time, and the way out.
_TIMEOUT_WORDS = {
    "connect_timeout": ("no connection was made", _RAISE_TIMEOUT),
    "read_timeout": ("nothing more came from the server", _RAISE_TIMEOUT),
    "write_timeout": ("the server did not take the request", _RAISE_TIMEOUT),
    "timeout": ("no answer came", _RAISE_TIMEOUT),
    "idle_timeout": (
        "nothing new came of the answer, at most signs of life",
        "Raise idle_timeout= if the model may think for longer.",
    ),
    "deadline": ("the call was not complete", "Raise deadline= if it may take longer."),
}


def timeout_error(code: str, seconds: float) -> RequestTimeoutError:
    """Make the error for a limit of so many seconds that ran out."""
    what, hint = _TIMEOUT_WORDS[code]
    return RequestTimeoutError(
        f"{what} within {seconds:g} s ({code.replace('_', ' ')}).", code=code, hint=hint
    )


def shorten(text: str, longest: int) -> str:
    """Cut a text that is too long to be read in an error."""
    return text if len(text) <= longest else f"{text[:longest]}..."


def show_names(names: Iterable[object]) -> str:
    """Give names as errors list them, and not too many of them."""
    shown = [show(name) for name in islice(names, _MOST_NAMES + 1)]
    if len(shown) > _MOST_NAMES:
        shown[_MOST_NAMES] = "..."
    return ", ".join(shown) or "none"


def show(value: object) -> str:
    """Give a value as errors show it: its repr, if it has one, and not too much of it."""
    try:
        return shorten(repr(value), _LONGEST_VALUE)
    except Exception:
        return f"a {type(value).__name__} that can't be shown"
