"""The three wires that aimock speaks: where each is asked, and what is its own there."""

from typing import NamedTuple

from llm_connectivity import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
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

ONCE, ALWAYS = 1, 4  # tries: the first, and three retries where the class is retried


class Failure(NamedTuple):
    """An error that a fixture gives, the class it is, and how often it is tried.

    Attributes:
        status: HTTP status.
        code: The vendor's word for it; None: aimock sends its own, or none.
        expected: The class.
        tries: How many requests there are.
        message: The vendor's words.
    """

    status: int
    code: str | None
    expected: type[LLMError]
    tries: int
    message: str = "As asked."

    @property
    def prompt(self) -> str:
        """The message that brings it about."""
        return f"Fail with {self.status}, {self.code or 'no code'}: {self.message}"


class Wire(NamedTuple):
    """One wire.

    Attributes:
        model: The client's model.
        base: The root of its API, behind the server's origin.
        other_base: Another form of it that is right too.
        path: Where a whole answer is asked for.
        stream_path: Where a streamed one is.
        key_header: What carries the key.
        key_variable: The variable with the key.
        base_variable: The variable with the root of the API.
        total: The total of `replies.USAGE` as it comes through.
        raw_stop: The vendor's word for a natural end.
        no_match: The code of aimock's own 404, for a prompt without a fixture.
        failures: Errors with the vendor's own codes and words.
    """

    model: str
    base: str
    other_base: str
    path: str
    stream_path: str
    key_header: str
    key_variable: str
    base_variable: str
    total: int
    raw_stop: str
    no_match: str
    failures: tuple[Failure, ...]

    @property
    def provider(self) -> str:
        """Name of the provider."""
        return self.model.partition("/")[0]

    @property
    def model_name(self) -> str:
        """Name of the model, without the provider."""
        return self.model.partition("/")[2]


# A status says the same on every wire. aimock adds no code where the fixture has none on OpenAI's
# wire, "api_error" on Anthropic's and "ERROR" on Gemini's, whatever the status is.
STATUSES = (
    Failure(400, None, ValidationError, ONCE),
    Failure(401, None, AuthenticationError, ONCE),
    Failure(402, None, InsufficientCreditsError, ONCE),
    Failure(403, None, PermissionDeniedError, ONCE),
    Failure(404, None, ModelNotFoundError, ONCE),
    Failure(408, None, RequestTimeoutError, ALWAYS),
    Failure(409, None, ProviderError, ALWAYS),
    Failure(413, None, ValidationError, ONCE),
    Failure(422, None, ValidationError, ONCE),
    Failure(429, None, RateLimitError, ALWAYS),
    Failure(500, None, ProviderError, ALWAYS),
    Failure(503, None, ProviderError, ALWAYS),
    Failure(529, None, OverloadedError, ALWAYS),
)

OPENAI = Wire(
    model="openai/gpt-4o-mini",
    base="/v1",
    other_base="/v1/",
    path="/v1/chat/completions",
    stream_path="/v1/chat/completions",
    key_header="authorization",
    key_variable="OPENAI_API_KEY",
    base_variable="OPENAI_BASE_URL",
    total=99,  # the server's number, which is not the sum
    raw_stop="stop",
    no_match="no_fixture_match",
    failures=(
        Failure(400, "context_length_exceeded", ContextWindowExceededError, ONCE),
        Failure(400, "content_filter", ContentFilterError, ONCE),
        Failure(401, "invalid_api_key", AuthenticationError, ONCE),
        Failure(404, "model_not_found", ModelNotFoundError, ONCE),
        Failure(429, "rate_limit_exceeded", RateLimitError, ALWAYS),
        Failure(429, "insufficient_quota", InsufficientCreditsError, ONCE),
        Failure(503, "overloaded", OverloadedError, ALWAYS),
    ),
)

ANTHROPIC = Wire(
    model="anthropic/claude-sonnet-4-5",
    base="",
    other_base="/v1",
    path="/v1/messages",
    stream_path="/v1/messages",
    key_header="authorization",
    key_variable="ANTHROPIC_API_KEY",
    base_variable="ANTHROPIC_BASE_URL",
    total=18,  # there is no total on this wire: it is the sum
    raw_stop="end_turn",
    no_match="invalid_request_error",  # the vendor's is "not_found_error"
    failures=(
        Failure(
            400,
            "invalid_request_error",
            ContextWindowExceededError,
            ONCE,
            "prompt is too long: 210000 tokens > 200000 maximum",
        ),
        Failure(
            400,
            "invalid_request_error",
            InsufficientCreditsError,
            ONCE,
            "Your credit balance is too low to access the Anthropic API.",
        ),
        Failure(401, "authentication_error", AuthenticationError, ONCE),
        Failure(404, "not_found_error", ModelNotFoundError, ONCE),
        Failure(429, "rate_limit_error", RateLimitError, ALWAYS),
        Failure(500, "api_error", ProviderError, ALWAYS),
        Failure(529, "overloaded_error", OverloadedError, ALWAYS),
    ),
)

# aimock has no `details` in Gemini's errors: no API_KEY_INVALID, and no RetryInfo to wait for.
GOOGLE = Wire(
    model="google/gemini-2.5-flash",
    base="",
    other_base="/v1beta",
    path="/v1beta/models/gemini-2.5-flash:generateContent",
    stream_path="/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    key_header="x-goog-api-key",
    key_variable="GEMINI_API_KEY",
    base_variable="GOOGLE_GEMINI_BASE_URL",
    total=99,
    raw_stop="STOP",
    no_match="NOT_FOUND",
    failures=(
        Failure(400, "INVALID_ARGUMENT", ValidationError, ONCE),
        Failure(
            400,
            "INVALID_ARGUMENT",
            ContextWindowExceededError,
            ONCE,
            "The input token count (1048600) exceeds the maximum number of tokens allowed.",
        ),
        Failure(403, "PERMISSION_DENIED", PermissionDeniedError, ONCE),
        Failure(404, "NOT_FOUND", ModelNotFoundError, ONCE),
        Failure(
            429,
            "RESOURCE_EXHAUSTED",
            RateLimitError,
            ALWAYS,
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        Failure(503, "UNAVAILABLE", OverloadedError, ALWAYS),
    ),
)

WIRES = {wire.provider: wire for wire in (OPENAI, ANTHROPIC, GOOGLE)}
KEY_HEADERS = {"x-api-key", *(wire.key_header for wire in WIRES.values())}
