"""What content blocks of Anthropic's Messages API say: read, never validated.

https://docs.claude.com/en/api/messages#response-content
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ...surrogates import mend_text
from ...tool_calls import ToolCallDelta, read_arguments, write_arguments
from ...types import Citation
from ..json_values import dicts_in, text_or_none
from ..turns import INVALID_JSON

# The calls that are for the caller to run, tools of the API's own toolsets included. What the
# server runs (server_tool_use, mcp_tool_use) has kinds of its own.
CALL = "tool_use"


def read_blocks(content: Any) -> list[dict[str, Any]]:
    """Give the content blocks of a message; a text in their place is one."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return dicts_in(content)


def read_text(block: Any) -> str:
    """Give the text of a block; thinking, tools and their results are none."""
    return _read(block, "text")


def read_thinking(block: Any) -> str:
    """Give what a block tells of the model's thinking; what is encrypted is none."""
    return _read(block, "thinking")


def call_name(block: Mapping[str, Any]) -> str | None:
    """Give the name of the caller's function that a block calls, ``None`` where it calls none."""
    return text_or_none(block.get("name")) if block.get("type") == CALL else None


def read_calls(blocks: Iterable[Mapping[str, Any]]) -> list[ToolCallDelta]:
    """Give the calls among blocks, each in one piece."""
    calls = [(block, name) for block in blocks if (name := call_name(block)) is not None]
    return [
        ToolCallDelta(i, text_or_none(block.get("id")), name, write_input(block.get("input")))
        for i, (block, name) in enumerate(calls)
    ]


def write_input(given: Any) -> str:
    """Give a tool's input as text, ``""`` for none: streams tell none so, whole answers ``{}``."""
    if isinstance(given, str):
        return mend_text(given)
    return write_arguments(given) if given else ""


def as_input(arguments: Any) -> dict[str, Any]:
    """Give arguments as the JSON object that the API takes for a tool's input."""
    if isinstance(arguments, str):
        arguments, _ = read_arguments(arguments)
    if arguments is None:
        return {}
    return arguments if isinstance(arguments, dict) else {INVALID_JSON: arguments}


def read_citations(block: Any) -> list[Citation]:
    """Give the sources of a text block."""
    if not isinstance(block, dict) or block.get("type") != "text":
        return []
    return [read_citation(told) for told in dicts_in(block.get("citations"))]


def read_citation(told: Mapping[str, Any]) -> Citation:
    """Give a source: a page that was found, or a document or search result that was sent along.

    https://docs.claude.com/en/docs/build-with-claude/citations
    """
    return Citation(
        url=text_or_none(told.get("url")) or _address(told.get("source")),
        title=text_or_none(told.get("title")) or text_or_none(told.get("document_title")),
        cited_text=text_or_none(told.get("cited_text")),
        raw=copy.deepcopy(told),
    )


def _address(source: Any) -> str | None:
    """Give the source of a search result where it is an address; it may be any name."""
    is_address = isinstance(source, str) and source.startswith(("http://", "https://"))
    return source if is_address else None


def _read(block: Any, kind: str) -> str:
    if not isinstance(block, dict) or block.get("type") != kind:
        return ""
    return text_or_none(block.get(kind)) or ""
