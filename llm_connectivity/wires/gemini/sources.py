"""The sources that an answer of Gemini's names.

https://ai.google.dev/gemini-api/docs/google-search#attributing_sources_with_inline_citations and
https://ai.google.dev/api/generate-content#citationmetadata
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from ...types import Citation
from ..json_values import dicts_in, text_or_none

# How many sources are known again where memory must not grow.
_MOST = 1000


class SourceReader:
    """Reads the sources of one candidate, each of them once: the events of a stream repeat them.

    Pages that were looked at (``urlContextMetadata``) are none: those the answer rests on are among
    the grounding chunks too.

    Args:
        keeps: Whether to know all of them again; without, memory does not grow.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self._keeps = keeps
        self._seen: dict[bytes, None] = {}  # the oldest first

    def feed(self, candidate: Mapping[str, Any]) -> tuple[Citation, ...]:
        """Give the sources that have not come before."""
        return tuple(
            Citation(url=url, title=title, cited_text=text, raw=copy.deepcopy(raw))
            for told, raw in _find_all(candidate)
            for url, title, text in _read(told)
            if self._is_new(raw)
        )

    def _is_new(self, raw: Mapping[str, Any]) -> bool:
        key = _digest(raw)
        if key in self._seen:
            return False
        self._seen[key] = None
        if not self._keeps and len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]
        return True


def _find_all(candidate: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Give all that tell of a source, and the JSON around it."""
    grounding, citation = candidate.get("groundingMetadata"), candidate.get("citationMetadata")
    if isinstance(grounding, dict):
        for chunk in dicts_in(grounding.get("groundingChunks")):
            yield _inside(chunk), chunk
    if isinstance(citation, dict):
        for name in ("citationSources", "citations"):
            for source in dicts_in(citation.get(name)):
                yield source, source


def _inside(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what is under the name of a chunk's kind: ``web``, ``retrievedContext``, ``maps``."""
    return next((value for value in chunk.values() if isinstance(value, dict)), {})


def _read(told: Mapping[str, Any]) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Give address, title and text of a source; nothing where it has none of them."""
    url = text_or_none(told.get("uri")) or text_or_none(told.get("sourceUri"))
    title, text = text_or_none(told.get("title")), text_or_none(told.get("text"))
    if url or title or text:
        yield url, title, text


def _digest(raw: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(raw, sort_keys=True)
    except ValueError:  # a number of more digits than Python writes
        text = repr(sorted(raw))
    return blake2b(text.encode(), digest_size=16).digest()
