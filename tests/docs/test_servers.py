"""The page of the servers says what their rows say."""

from __future__ import annotations

from llm_connectivity.providers.compatible import COMPATIBLE
from tests.docs import servers


def test_page_of_the_servers_is_up_to_date():
    """It is written from the rows, and nobody has changed one since."""
    stored = servers.PATH.read_text(encoding="utf-8")
    assert stored == servers.page(), "docs/reference/servers.md is not up to date: run make servers"


def test_page_of_the_servers_names_each_with_its_address_and_documentation():
    """So that a row without them is seen."""
    page = servers.page()
    for spec in COMPATIBLE:
        line = next(line for line in page.splitlines() if f"| `{spec.name}/<model>`" in line)
        assert all(f"`{name}`" in line for name in spec.key_variables)
        assert f"`{spec.base_url}`" in line
        assert f"]({spec.docs})" in line
