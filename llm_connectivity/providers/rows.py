"""The providers that come with the package, as data."""

from __future__ import annotations

from .base import ProviderSpec

OPENAI = ProviderSpec(
    name="openai",
    adapter="llm_connectivity.providers.openai_adapter:OpenAIAdapter",
    base_url="https://api.openai.com/v1",
    base_url_variable="OPENAI_BASE_URL",
    key_variables=("OPENAI_API_KEY",),
    max_tokens_field="max_completion_tokens",
)

MOCK = ProviderSpec(
    name="mock",
    adapter="llm_connectivity.providers.mock_adapter:MockAdapter",
    default_model="demo",
)

ROWS = (OPENAI, MOCK)
