"""The providers that come with the package, as data: the vendors here, with all others."""

from __future__ import annotations

from .base import ProviderSpec
from .compatible import COMPATIBLE

OPENAI = ProviderSpec(
    name="openai",
    adapter="llm_connectivity.providers.openai_adapter:OpenAIAdapter",
    base_url="https://api.openai.com/v1",
    base_url_variable="OPENAI_BASE_URL",
    key_variables=("OPENAI_API_KEY",),
    max_tokens_field="max_completion_tokens",
    call_ids=".{1,40}",
    docs="https://platform.openai.com/docs/api-reference/chat",
)

ANTHROPIC = ProviderSpec(
    name="anthropic",
    adapter="llm_connectivity.providers.anthropic_adapter:AnthropicAdapter",
    base_url="https://api.anthropic.com",
    base_url_variable="ANTHROPIC_BASE_URL",
    key_variables=("ANTHROPIC_API_KEY",),
    docs="https://docs.claude.com/en/api/messages",
)

GOOGLE = ProviderSpec(
    name="google",
    adapter="llm_connectivity.providers.google_adapter:GoogleAdapter",
    base_url="https://generativelanguage.googleapis.com",
    base_url_variable="GOOGLE_GEMINI_BASE_URL",
    key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_AI_API_KEY"),
    docs="https://ai.google.dev/api/generate-content",
)

MOCK = ProviderSpec(
    name="mock",
    adapter="llm_connectivity.providers.mock_adapter:MockAdapter",
    default_model="demo",
)

VENDORS = (OPENAI, ANTHROPIC, GOOGLE)

ROWS = (*VENDORS, MOCK, *COMPATIBLE)
