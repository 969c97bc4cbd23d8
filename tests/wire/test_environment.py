"""Only the variables that the README lists change a request."""

from __future__ import annotations

import pytest

from llm_connectivity import LLMClient
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from llm_connectivity.types import ChatRequest
from tests.server import LoopbackServer, Recorded, openai_wire
from tests.worlds import KEY

TRAPS = {
    "OPENAI_ORG_ID": "org-trap",
    "OPENAI_PROJECT_ID": "proj-trap",
    "OPENAI_CUSTOM_HEADERS": "X-Trap: trap\nAuthorization: Bearer trap\ncontent-type: trap/trap\n"
    "Accept: trap/trap\nx-stainless-lang: trap\nX-Stainless-Async: trap",
    "OPENAI_ADMIN_KEY": "admin-trap",
    "OPENAI_WEBHOOK_SECRET": "webhook-trap",
    "OPENAI_BASE_URL": "http://127.0.0.1:1/trap",
    "OPENAI_API_KEY": "key-trap",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "FTP_PROXY": "http://127.0.0.1:1",
}


def _lowered(request: Recorded) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in request.headers)


@pytest.mark.parametrize("variable", TRAPS)
def test_a_variable_does_not_change_a_request_to_another_server(
    server: LoopbackServer, variable: str, monkeypatch
):
    """With key and address given, the request is the same to the byte, ports apart."""
    server.always(openai_wire.HELLO)
    settings = {"model": "openai/m", "api_key": KEY, "base_url": f"{server.origin}/v1"}
    with LLMClient(**settings) as client:
        client.chat("Hi")
    monkeypatch.setenv(variable, TRAPS[variable])
    with LLMClient(**settings) as client:
        client.chat("Hi")
    before, after = server.requests
    assert (after.path, _lowered(after), after.body) == (before.path, _lowered(before), before.body)


def test_organization_and_project_reach_openais_own_address(monkeypatch):
    """There they are what the user of the SDK expects."""
    import respx
    from httpx import Response

    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, TRAPS[name])
    with respx.mock(using="httpcore2") as mock:
        mock.post("https://api.openai.com/v1/chat/completions").mock(
            return_value=Response(200, json=openai_wire.whole_answer())
        )
        with LLMClient(model="openai/gpt-4o-mini", api_key=KEY) as client:
            client.chat("Hi")
        headers = mock.calls.last.request.headers
    assert headers["openai-organization"] == "org-trap"
    assert headers["openai-project"] == "proj-trap"
    assert headers["x-trap"] == "trap"
    assert headers["authorization"] == f"Bearer {KEY}"


def test_the_base_url_variable_counts_where_no_base_url_is_given(
    server: LoopbackServer, monkeypatch
):
    """It is read when the client is made."""
    server.always(openai_wire.HELLO)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.origin}/custom/v1/")
    with LLMClient(model="openai/m", api_key=KEY) as client:
        monkeypatch.delenv("OPENAI_BASE_URL")
        client.chat("Hi")
    assert server.requests[0].path == "/custom/v1/chat/completions"


@pytest.mark.parametrize("url", ["HTTPS://api.openai.com/v1/", "https://api.OpenAI.com:443/v1"])
def test_openais_own_address_is_known_however_it_is_written(url: str):
    """So that max_tokens gets the name that is wanted there."""
    adapter = OpenAIAdapter(api_key=KEY, base_url=url)
    request = ChatRequest(provider="openai", model="m", messages=(), options={"max_tokens": 5})
    assert adapter.codec.build_chat(request, stream=False)["max_completion_tokens"] == 5


def test_headers_from_the_environment_are_settled_with_the_first_request(
    server: LoopbackServer, monkeypatch
):
    """A variable that changes later changes nothing."""
    server.always(openai_wire.HELLO)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Before: trap")
    with LLMClient(model="openai/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        client.chat("Hi")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-After: trap")
        client.chat("Hi")
    before, after = server.requests
    assert before.headers == after.headers
    assert before.header("x-before") is None


def test_every_request_names_this_package_as_user_agent(server: LoopbackServer):
    """With its version."""
    from llm_connectivity import __version__

    server.always(openai_wire.HELLO)
    with LLMClient(model="openai/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        client.chat("Hi")
    assert server.requests[0].header("user-agent") == f"llm-connectivity/{__version__}"
