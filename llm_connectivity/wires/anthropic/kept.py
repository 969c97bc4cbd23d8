"""What Anthropic's Messages API wants back of an answer with the next request, block by block.

https://docs.claude.com/en/docs/build-with-claude/extended-thinking#preserving-thinking-blocks
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ...surrogates import mend_text
from ..json_values import dicts_in, text_or_none
from ..turns import Called
from .content import CALL, as_input, call_name, read_text

_TOOL_KINDS = (CALL, "server_tool_use", "mcp_tool_use")

# Fields that may be null in an answer and then say nothing.
_NULLABLE = ("citations", "caller", "toolset_name")

# What is the same as no word of it: the model itself calls.
_CALLED_BY_THE_MODEL = {"type": "direct"}

_SAID_BY_CALLS = frozenset({"type", "id", "name", "input", "caller"})


def keep_blocks(blocks: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Give a copy of blocks as the API accepts them back.

    Returns:
        ``None`` where text and calls say it all.
    """
    kept = [_clean(block) for block in blocks if not _is_silent(block)]
    if all(map(_is_plain, kept)) or any(map(_has_no_id, kept)):
        return None
    return {"content": copy.deepcopy(kept)}


def understand(verbatim: Mapping[str, Any]) -> tuple[str, list[Called]]:
    """Give the text of kept blocks, and the calls among them."""
    blocks = dicts_in(verbatim.get("content"))
    text = "".join(map(read_text, blocks))
    calls = [block for block in blocks if call_name(block) is not None]
    return text, [Called(b.get("id"), b["name"], b.get("input") or {}) for b in calls]


def _clean(block: Mapping[str, Any]) -> dict[str, Any]:
    """Cut what the API gives and does not take."""
    kept = {k: v for k, v in block.items() if not (k in _NULLABLE and v in (None, []))}
    for name in ("text", "thinking"):
        if isinstance(kept.get(name), str):
            kept[name] = mend_text(kept[name])
    if kept.get("type") in _TOOL_KINDS:
        kept["input"] = as_input(kept.get("input"))
    if isinstance(kept.get("citations"), list):
        kept["citations"] = [_clean_citation(c) for c in dicts_in(kept["citations"])]
    return kept


def _clean_citation(citation: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in citation.items() if name != "file_id"}


def _is_silent(block: Mapping[str, Any]) -> bool:
    """Whether it is an empty text, which the API refuses."""
    return block.get("type") == "text" and not read_text(block)


def _is_plain(block: Mapping[str, Any]) -> bool:
    if block.get("type") == CALL:
        called_so = block.get("caller", _CALLED_BY_THE_MODEL) == _CALLED_BY_THE_MODEL
        return called_so and block.keys() <= _SAID_BY_CALLS
    return block.get("type") == "text" and "citations" not in block


def _has_no_id(block: Mapping[str, Any]) -> bool:
    """Whether it calls without an id: its result could not be told to be its own."""
    return call_name(block) is not None and text_or_none(block.get("id")) is None
