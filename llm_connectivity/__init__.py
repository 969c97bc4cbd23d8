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
    from .media import audio, image, pdf
    from .providers.base import ProviderSpec
    from .providers.mock_adapter import MockAdapter
    from .providers.mock_reply import MockReply
    from .registry import register_provider
    from .retry import Backoff, RetryPolicy
    from .stream import ChatStream
    from .transcript import StreamStats
    from .types import (
        Attempt,
        ChatChoice,
        ChatRequest,
        ChatResponse,
        Citation,
        Message,
        Messages,
        Part,
        StreamChunk,
        ToolCall,
        ToolCallDelta,
        Usage,
    )

# Name -> module; imported when first asked for (PEP 562), so that importing the package is quick.
_HOMES = {
    "Attempt": "types",
    "AuthenticationError": "errors",
    "Backoff": "retry",
    "CallEnd": "hooks",
    "ChatChoice": "types",
    "ChatRequest": "types",
    "ChatResponse": "types",
    "ChatStream": "stream",
    "Citation": "types",
    "ContentFilterError": "errors",
    "ContextWindowExceededError": "errors",
    "Hooks": "hooks",
    "InsufficientCreditsError": "errors",
    "LLMClient": "client",
    "LLMError": "errors",
    "Message": "types",
    "Messages": "types",
    "MockAdapter": "providers.mock_adapter",
    "MockReply": "providers.mock_reply",
    "ModelNotFoundError": "errors",
    "NetworkError": "errors",
    "OverloadedError": "errors",
    "Part": "types",
    "PermissionDeniedError": "errors",
    "ProviderError": "errors",
    "ProviderSpec": "providers.base",
    "RateLimitError": "errors",
    "RequestTimeoutError": "errors",
    "RetryPolicy": "retry",
    "StreamChunk": "types",
    "StreamInterruptedError": "errors",
    "StreamStats": "transcript",
    "ToolCall": "types",
    "ToolCallDelta": "types",
    "Usage": "types",
    "ValidationError": "errors",
    "audio": "media",
    "image": "media",
    "pdf": "media",
    "register_provider": "registry",
}

__all__ = [
    "Attempt",
    "AuthenticationError",
    "Backoff",
    "CallEnd",
    "ChatChoice",
    "ChatRequest",
    "ChatResponse",
    "ChatStream",
    "Citation",
    "ContentFilterError",
    "ContextWindowExceededError",
    "Hooks",
    "InsufficientCreditsError",
    "LLMClient",
    "LLMError",
    "Message",
    "Messages",
    "MockAdapter",
    "MockReply",
    "ModelNotFoundError",
    "NetworkError",
    "OverloadedError",
    "Part",
    "PermissionDeniedError",
    "ProviderError",
    "ProviderSpec",
    "RateLimitError",
    "RequestTimeoutError",
    "RetryPolicy",
    "StreamChunk",
    "StreamInterruptedError",
    "StreamStats",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "ValidationError",
    "__version__",
    "audio",
    "image",
    "pdf",
    "register_provider",
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
