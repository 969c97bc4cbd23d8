"""Servers that speak OpenAI's wire: where each is asked, with what, and what it is not asked."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from llm_connectivity import (
    AuthenticationError,
    LLMClient,
    RateLimitError,
    ValidationError,
    registry,
)
from llm_connectivity.providers.base import ProviderSpec
from llm_connectivity.providers.compatible import COMPATIBLE, HOSTED, LOCAL
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.wires.openai_chat import Dialect
from tests.server import LoopbackServer, Recorded, json_reply, openai_wire
from tests.worlds import KEY, TEXT

OLD, NEW = "max_tokens", "max_completion_tokens"


class Expected(NamedTuple):
    """What a server's documentation says."""

    address: str
    variable: str
    max_tokens: str = OLD
    refuses: str = ""
    asked_for_usage: bool = True


EXPECTED = {
    "groq": Expected("https://api.groq.com/openai/v1", "GROQ_API_KEY", NEW, "n"),
    "mistral": Expected("https://api.mistral.ai/v1", "MISTRAL_API_KEY", OLD, "seed user", False),
    "deepseek": Expected("https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    "openrouter": Expected("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "together": Expected("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "fireworks": Expected(
        "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", OLD, "", False
    ),
    "xai": Expected("https://api.x.ai/v1", "XAI_API_KEY", NEW, "presence_penalty"),
    "cerebras": Expected(
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        NEW,
        "frequency_penalty presence_penalty",
    ),
    "perplexity": Expected(
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        OLD,
        "parallel_tool_calls tool_choice tools",
        False,
    ),
    "nvidia": Expected("https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY"),
    "moonshot": Expected("https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
    "dashscope": Expected(
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY"
    ),
    "huggingface": Expected("https://router.huggingface.co/v1", "HF_TOKEN"),
    "ollama": Expected("http://localhost:11434/v1", "OLLAMA_API_KEY"),
    "lmstudio": Expected("http://localhost:1234/v1", "LM_API_TOKEN"),
    "vllm": Expected("http://localhost:8000/v1", "VLLM_API_KEY"),
    "llamacpp": Expected("http://localhost:8080/v1", "LLAMA_API_KEY"),
}

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}

# Options that say something for each that a row refuses.
GIVEN: dict[str, dict[str, Any]] = {
    "n": {"n": 2},
    "seed": {"seed": 7},
    "user": {"user": "somebody"},
    "presence_penalty": {"presence_penalty": 0.5},
    "frequency_penalty": {"frequency_penalty": 0.5},
    "tools": {"tools": [TOOL]},
    "tool_choice": {"tools": [TOOL], "tool_choice": "auto"},
    "parallel_tool_calls": {"tools": [TOOL], "parallel_tool_calls": False},
}

MESSAGES = [{"role": "user", "content": "Hi"}]
PLAIN = {"accept", "content-type", "content-length", "host", "user-agent", "accept-encoding"}


@pytest.fixture(params=COMPATIBLE, ids=lambda spec: spec.name)
def row(request, server: LoopbackServer, monkeypatch) -> ProviderSpec:
    """A row, with the loopback server in the place of its host."""
    spec: ProviderSpec = request.param
    path = urlsplit(spec.base_url).path
    here = replace(spec, base_url=f"{server.origin}{path}")
    monkeypatch.setattr(registry, "_SPECS", {**registry._SPECS, spec.name: here})
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "trap")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Trap: trap")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/trap")
    return here


def _path(row: ProviderSpec) -> str:
    return f"{urlsplit(EXPECTED[row.name].address).path}/chat/completions"


def _own_headers(request: Recorded) -> set[str]:
    names = {name.lower() for name, _ in request.headers}
    return {n for n in names if not n.startswith("x-stainless-")} - PLAIN - {"connection"}


def test_every_server_is_expected_here():
    """So that none is added without its test."""
    assert [spec.name for spec in COMPATIBLE] == list(EXPECTED)
    for spec in COMPATIBLE:
        expected = EXPECTED[spec.name]
        assert (spec.base_url, spec.key_variables[0]) == (expected.address, expected.variable)
        assert " ".join(sorted(spec.refuses)) == expected.refuses
        assert spec.docs.startswith("https://")


def test_spec_that_says_nothing_is_the_wire_as_it_is():
    """What a codec does on its own is what it does for a server without quirks."""
    plain = ProviderSpec(name="lab")
    assert {f.name: getattr(plain, f.name) for f in fields(Dialect)} == asdict(Dialect())


def test_server_is_asked_for_a_whole_answer(server: LoopbackServer, row, monkeypatch):
    """At its path, with its key, and nothing that is meant for OpenAI."""
    server.always(openai_wire.HELLO)
    monkeypatch.setenv(EXPECTED[row.name].variable, KEY)
    with LLMClient(f"{row.name}/some/model") as client:
        response = client.chat(MESSAGES, max_tokens=5, temperature=0.5)
    seen = server.requests[0]
    assert (response.content, response.provider) == (TEXT, row.name)
    assert (seen.path, _own_headers(seen)) == (_path(row), {"authorization"})
    assert seen.header("authorization") == f"Bearer {KEY}"
    assert seen.json == {
        "model": "some/model",
        "messages": MESSAGES,
        "temperature": 0.5,
        EXPECTED[row.name].max_tokens: 5,
    }


def test_server_is_asked_for_a_stream(server: LoopbackServer, row):
    """For its usage only where it takes that; the answer is the same as a whole one."""
    server.always(openai_wire.HELLO)
    with LLMClient(f"{row.name}/m", api_key=KEY) as client:
        streamed = client.chat_stream(MESSAGES).collect().to_dict()
        whole = client.chat(MESSAGES).to_dict()
    seen = server.requests[0]
    usage = {"stream_options": {"include_usage": True}}
    assert (seen.path, _own_headers(seen)) == (_path(row), {"authorization"})
    assert seen.json == {
        "model": "m",
        "messages": MESSAGES,
        "stream": True,
        **(usage if EXPECTED[row.name].asked_for_usage else {}),
    }
    unasked = () if EXPECTED[row.name].asked_for_usage else ("usage", "cost", "cost_source")
    for name in ("id", "created", "request_id", "attempts", *unasked):
        del streamed[name], whole[name]
    assert streamed == whole


def test_server_is_named_by_its_failures(server: LoopbackServer, row, policy):
    """With every try."""
    server.always(json_reply(openai_wire.error_body("Slow."), 429))
    with LLMClient(f"{row.name}/m", api_key=KEY, retry=policy) as client:
        with pytest.raises(RateLimitError, match=f"{row.name}/m HTTP 429") as caught:
            client.chat("Hi")
    assert {attempt.provider for attempt in caught.value.attempts} == {row.name}


REFUSED = [
    pytest.param(spec.name, option, id=f"{spec.name}-{option}")
    for spec in COMPATIBLE
    for option in sorted(spec.refuses)
]


@pytest.mark.parametrize(("name", "option"), REFUSED)
def test_option_that_a_server_refuses_is_not_sent(
    server: LoopbackServer, name: str, option: str, monkeypatch
):
    """It is an error before anything is sent, or dropped with a warning."""
    server.always(openai_wire.HELLO)
    spec = replace(registry._SPECS[name], base_url=f"{server.origin}/v1")
    monkeypatch.setattr(registry, "_SPECS", {**registry._SPECS, name: spec})
    with LLMClient(f"{name}/m", api_key=KEY) as client:
        with pytest.raises(ValidationError, match="|".join(GIVEN[option])) as caught:
            client.chat("Hi", **GIVEN[option])
        assert name in str(caught.value)
        assert server.requests == []
        response = client.chat("Hi", drop_unsupported=True, **GIVEN[option])
    assert option not in server.requests[0].json
    assert any(option in warning for warning in response.warnings)


@pytest.mark.parametrize("spec", HOSTED, ids=lambda spec: spec.name)
def test_missing_key_is_named_by_the_servers_own_variable(spec: ProviderSpec, monkeypatch):
    """OpenAI's key is none for others."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(AuthenticationError, match=f"Set {EXPECTED[spec.name].variable}"):
        LLMClient(f"{spec.name}/m")


@pytest.mark.parametrize("spec", LOCAL, ids=lambda spec: spec.name)
@pytest.mark.parametrize("key", [None, "", lambda: ""], ids=["none", "empty", "a callable's"])
def test_local_server_is_sent_no_key_where_there_is_none(
    server: LoopbackServer, spec: ProviderSpec, key: object
):
    """Not even an empty one."""
    server.always(openai_wire.HELLO)
    with LLMClient(f"{spec.name}/m", api_key=key, base_url=f"{server.origin}/v1") as client:
        client.chat("Hi")
        list(client.chat_stream("Hi"))
    assert [_own_headers(request) for request in server.requests] == [set(), set()]


@pytest.mark.parametrize("spec", LOCAL, ids=lambda spec: spec.name)
def test_local_server_is_sent_a_key_that_is_there(
    server: LoopbackServer, spec: ProviderSpec, monkeypatch
):
    """Given, or in its variable."""
    server.always(openai_wire.HELLO)
    with LLMClient(f"{spec.name}/m", api_key=KEY, base_url=server.origin) as client:
        client.chat("Hi")
    monkeypatch.setenv(EXPECTED[spec.name].variable, KEY)
    with LLMClient(f"{spec.name}/m", base_url=server.origin) as client:
        client.chat("Hi")
    assert [r.header("authorization") for r in server.requests] == [f"Bearer {KEY}"] * 2


def test_a_servers_own_quirks_hold_at_another_address_too(server: LoopbackServer):
    """But for the name of max_tokens, which every server knows as that."""
    server.always(openai_wire.HELLO)
    with LLMClient("cerebras/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        client.chat("Hi", max_tokens=5)
        with pytest.raises(ValidationError, match="presence_penalty"):
            client.chat("Hi", presence_penalty=1)
    assert server.requests[0].json["max_tokens"] == 5


def test_azures_v1_endpoint_is_asked_by_its_address(server: LoopbackServer):
    """The model is the deployment's name; the key goes where Azure takes it too."""
    server.always(openai_wire.HELLO)
    url = f"{server.origin}/openai/v1/"
    with LLMClient("openai/my-deployment", api_key=KEY, base_url=url) as client:
        assert client.chat("Hi").content == TEXT
        assert client.chat_stream("Hi").collect().content == TEXT
    for seen in server.requests:
        assert seen.path == "/openai/v1/chat/completions"
        assert seen.header("authorization") == f"Bearer {KEY}"
        assert seen.json["model"] == "my-deployment"


def test_adapter_of_a_row_knows_what_it_refuses():
    """Its codec has no such option."""
    spec = registry._SPECS["mistral"]
    options = OpenAIAdapter(api_key=KEY).codec.options
    assert OpenAIAdapter(api_key=KEY, spec=spec).codec.options == options - spec.refuses
