"""What a message, or a piece of one in a stream, holds on OpenAI's wire, in every spelling seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from ...types import Citation
from ..json_values import dicts_in, text_or_none


def read_text(content: Any) -> str:
    """Give the text of ``content``: a text, or a list with text parts in it; ``""`` for none.

    Where a gateway has parsed the JSON that the model wrote, it is written as a text again.
    """
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        if not content or dicts_in(content):
            texts = (part.get("text") if isinstance(part, dict) else part for part in content)
            return "".join(text for text in texts if isinstance(text, str))
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def read_reasoning(message: Mapping[str, Any]) -> str:
    """Give what the model has thought, from the first of its spellings that has something.

    https://api-docs.deepseek.com/guides/reasoning_model (``reasoning_content``),
    https://openrouter.ai/docs/use-cases/reasoning-tokens (``reasoning``, ``reasoning_details``),
    https://docs.mistral.ai/capabilities/reasoning (thinking parts in ``content``),
    https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models (reasoning
    parts there)
    """
    return (
        text_or_none(message.get("reasoning_content"))
        or text_or_none(message.get("reasoning"))
        or "".join(_texts_of_details(message.get("reasoning_details")))
        or read_thinking(message.get("content"))
        or _read_summaries(message.get("content"))
    )


def read_thinking(content: Any) -> str:
    """Give the text of the thinking parts of a list; each holds a text or a list of text parts."""
    parts = dicts_in(content)
    return "".join(
        read_text(part["thinking"])
        for part in parts
        if part.get("type") == "thinking" and isinstance(part.get("thinking"), str | list)
    )


def _read_summaries(content: Any) -> str:
    parts = (part for part in dicts_in(content) if part.get("type") == "reasoning")
    return "".join(read_text(dicts_in(part.get("summary"))) for part in parts)


def read_citations(message: Mapping[str, Any]) -> list[Citation]:
    """Give the web pages among the annotations of a message.

    https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-message-annotations
    """
    citations = []
    for annotation in dicts_in(message.get("annotations")):
        told = annotation.get("url_citation", annotation)
        if isinstance(told, dict) and text_or_none(told.get("url")):
            citations.append(_make_citation(told, annotation))
    return citations


def read_sources(body: Mapping[str, Any]) -> list[Citation]:
    """Give the sources that some servers list beside the choices.

    https://docs.perplexity.ai/api-reference/chat-completions-post (``search_results``; before,
    and elsewhere, the addresses alone as ``citations``)
    """
    results = [r for r in dicts_in(body.get("search_results")) if text_or_none(r.get("url"))]
    if results:
        return [_make_citation(result, result) for result in results]
    listed = body.get("citations")
    urls = listed if isinstance(listed, list) else ()
    return [Citation(url=url, raw={"url": url}) for url in urls if text_or_none(url)]


class Sources:
    """Tells new sources from those that have been told; some servers repeat them in each event.

    Args:
        most: How many it remembers, the last ones; ``None``: all.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._known: dict[bytes, None] = {}
        self._listed: tuple[Any, Any] = (None, None)  # what was beside the choices

    def take_new(self, sources: Iterable[Citation]) -> tuple[Citation, ...]:
        """Give those that are new."""
        return tuple(source for source in sources if self._is_new(source))

    def take_listed(self, body: Mapping[str, Any]) -> tuple[Citation, ...]:
        """Give the new ones of those beside the choices."""
        listed = body.get("search_results"), body.get("citations")
        if listed == self._listed:
            return ()
        self._listed = listed
        # First their addresses may come alone, and later with titles.
        return tuple(source for source in read_sources(body) if self._is_new(source, source.url))

    def _is_new(self, source: Citation, told: Any = None) -> bool:
        key = blake2b(json.dumps(told or source.raw).encode(), digest_size=16).digest()
        if key in self._known:
            return False
        self._known[key] = None
        if self._most is not None and len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return True


def _make_citation(told: Mapping[str, Any], raw: Mapping[str, Any]) -> Citation:
    return Citation(
        url=text_or_none(told.get("url")),
        title=text_or_none(told.get("title")),
        cited_text=text_or_none(told.get("content")) or text_or_none(told.get("snippet")),
        raw=raw,
    )


def _texts_of_details(details: Any) -> Iterator[str]:
    for detail in dicts_in(details):
        text = text_or_none(detail.get("text")) or text_or_none(detail.get("summary"))
        if text:
            yield text
