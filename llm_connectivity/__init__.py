"""One synchronous client for the APIs of language models: the same lines on every provider.

>>> from llm_connectivity import LLMClient
>>> with LLMClient(model="mock/demo") as client:
...     for chunk in client.chat_stream("Hello"):
...         print(chunk.content, end="")
Hello! How can I help?
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .client import LLMClient
    from .errors import (
        AuthenticationError,
        ContentFilterError,
        ContextWindowExceededError,
        InsufficientCreditsError,
        LLMError,
        ModelNotFoundError,
        NetworkError,
        OverloadedError,
        PermissionDeniedError,
        ProviderError,
        RateLimitError,
        RequestTimeoutError,
        StreamInterruptedError,
        ValidationError,
    )
    from .hooks import CallEnd, Hooks
    from .providers.mock_adapter import MockAdapter
    from .providers.mock_reply import MockReply
    from .retry import Backoff, RetryPolicy
    from .stream import ChatStream
    from .transcript import StreamStats
    from .types import Attempt, ChatRequest, ChatResponse, Message, StreamChunk, Usage

# Name -> module; imported when first asked for (PEP 562), so that importing the package is quick.
_HOMES = {
    "Attempt": "types",
    "AuthenticationError": "errors",
    "Backoff": "retry",
    "CallEnd": "hooks",
    "ChatRequest": "types",
    "ChatResponse": "types",
    "ChatStream": "stream",
    "ContentFilterError": "errors",
    "ContextWindowExceededError": "errors",
    "Hooks": "hooks",
    "InsufficientCreditsError": "errors",
    "LLMClient": "client",
    "LLMError": "errors",
    "Message": "types",
    "MockAdapter": "providers.mock_adapter",
    "MockReply": "providers.mock_reply",
    "ModelNotFoundError": "errors",
    "NetworkError": "errors",
    "OverloadedError": "errors",
    "PermissionDeniedError": "errors",
    "ProviderError": "errors",
    "RateLimitError": "errors",
    "RequestTimeoutError": "errors",
    "RetryPolicy": "retry",
    "StreamChunk": "types",
    "StreamInterruptedError": "errors",
    "StreamStats": "transcript",
    "Usage": "types",
    "ValidationError": "errors",
}

__all__ = [
    "Attempt",
    "AuthenticationError",
    "Backoff",
    "CallEnd",
    "ChatRequest",
    "ChatResponse",
    "ChatStream",
    "ContentFilterError",
    "ContextWindowExceededError",
    "Hooks",
    "InsufficientCreditsError",
    "LLMClient",
    "LLMError",
    "Message",
    "MockAdapter",
    "MockReply",
    "ModelNotFoundError",
    "NetworkError",
    "OverloadedError",
    "PermissionDeniedError",
    "ProviderError",
    "RateLimitError",
    "RequestTimeoutError",
    "RetryPolicy",
    "StreamChunk",
    "StreamInterruptedError",
    "StreamStats",
    "Usage",
    "ValidationError",
    "__version__",
]


if not TYPE_CHECKING:  # checkers see the imports above, and so a misspelt name

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
