"""Parts of messages -> content blocks of Anthropic's Messages API.

https://docs.claude.com/en/api/messages#body-messages
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from ..json_values import dicts_in, text_or_none
from ..media import Media, read_data_url
from ..turns import Part, refuse_part
from .content import as_input

# https://docs.claude.com/en/docs/build-with-claude/vision#basics-and-limits; the first is no name
# of a type, but often written for the second.
_IMAGES = {
    "image/jpg": "image/jpeg",
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}
_IMAGES_HINT = "It takes image/jpeg, image/png, image/gif and image/webp."
_FILES_HINT = "It takes PDF (application/pdf), plain text (text/plain) and images."

_ADDRESSES = ("https://", "http://")

_THINKING = ("thinking", "redacted_thinking")

# What the API takes for the id of a call; other providers' ids may hold dots and colons.
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")


class BlockBuilder:
    """Builds the blocks of one conversation.

    Attributes:
        warnings: What goes otherwise than as it was given.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._toolsets: dict[str, Any] = {}  # by the ids of calls that the API itself has made

    def build(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        """Give the blocks of parts; a blank text has none, since the API refuses it.

        Raises:
            ValidationError: The API can't take one of them.
        """
        blocks: list[dict[str, Any]] = []
        for part in parts:
            built = _BUILDERS[part.kind](self, part)
            blocks += _mark(built, part.cache_control) if part.cache_control else built
        return blocks

    def _build_text(self, part: Part) -> list[dict[str, Any]]:
        if part.data.strip():
            return [{"type": "text", "text": part.data}]
        if part.data:
            self.warnings.append(f"{part.where} is blank, which the API refuses: left out.")
        return []

    def _build_image(self, part: Part) -> list[dict[str, Any]]:
        if part.data.get("detail") not in (None, "auto"):
            self.warnings.append(f"{part.where}['detail'] has no place on this wire: left out.")
        url = part.data["url"]
        media = read_data_url(url)
        if media is not None:
            return [_build_inline_image(media, part)]
        return [{"type": "image", "source": _build_address(url, part)}]

    def _build_file(self, part: Part) -> list[dict[str, Any]]:
        given = part.data
        data = text_or_none(given.get("file_data"))
        media = read_data_url(data) if data else None
        if media is not None and media.media_type in _IMAGES:
            return [_build_inline_image(media, part)]
        if media is not None:
            source = _build_source(media, part)
        elif data:
            source = _build_address(data, part)
        else:
            source = {"type": "file", "file_id": given["file_id"]}
        document = {"type": "document", "source": source}
        if given.get("filename"):
            document["title"] = given["filename"]
        return [document]

    def _build_call(self, part: Part) -> list[dict[str, Any]]:
        call = part.data
        if not isinstance(call.arguments, dict):
            self.warnings.append(
                f"{part.where} has arguments that are no JSON object, "
                "which is all the API takes: sent as a text within one."
            )
        block_id, arguments = _as_id(call.id), as_input(call.arguments)
        return [{"type": "tool_use", "id": block_id, "name": call.name, "input": arguments}]

    def _build_result(self, part: Part) -> list[dict[str, Any]]:
        result = part.data
        given = result.call.id
        block = {
            "type": "tool_result",
            "tool_use_id": given if given in self._toolsets else _as_id(given),
        }
        content = self.build(result.parts)
        if content:
            block["content"] = as_content(content)
        if self._toolsets.get(given):
            block["toolset_name"] = self._toolsets[given]
        return [block]

    def _build_verbatim(self, part: Part) -> list[dict[str, Any]]:
        blocks = dicts_in(part.data.get("content"))
        for block in blocks:
            if block.get("type") == "tool_use" and isinstance(block.get("id"), str):
                self._toolsets[block["id"]] = block.get("toolset_name")
        return blocks

    def _refuse_audio(self, part: Part) -> list[dict[str, Any]]:
        refuse_part(part, "is sound, which this provider can't hear", "Send its text instead.")


_BUILDERS: dict[str, Callable[[BlockBuilder, Part], list[dict[str, Any]]]] = {
    "text": BlockBuilder._build_text,
    "image_url": BlockBuilder._build_image,
    "file": BlockBuilder._build_file,
    "input_audio": BlockBuilder._refuse_audio,
    "tool_call": BlockBuilder._build_call,
    "tool_result": BlockBuilder._build_result,
    "verbatim": BlockBuilder._build_verbatim,
}


def as_content(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Give blocks, or the text alone where there is just one: they mean the same."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return blocks[0]["text"]  # type: ignore[no-any-return]
    return blocks


def take_off_thinking(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the assistant's blocks without what the API refuses at their end, and blank texts.

    The final block in an assistant message cannot be thinking; text must not be blank. Both come
    where an answer was cut off.
    """
    said = [block for block in blocks if not _is_blank(block)]
    while said and said[-1].get("type") in _THINKING:
        said = said[:-1]
    return said


def _is_blank(block: Mapping[str, Any]) -> bool:
    text = block.get("text")
    return block.get("type") == "text" and isinstance(text, str) and not text.strip()


def _build_address(url: str, part: Part) -> dict[str, Any]:
    if not url.lower().startswith(_ADDRESSES):
        refuse_part(
            part,
            f"is at {url[:80]!r}, where this provider does not look",
            "Give an address that begins with https://, or the data itself as a data URL.",
        )
    return {"type": "url", "url": url}


def _build_inline_image(media: Media, part: Part) -> dict[str, Any]:
    media_type = _IMAGES.get(media.media_type)
    if media_type is None:
        refuse_part(part, f"is an image of the type {media.media_type!r}", _IMAGES_HINT)
    source = {"type": "base64", "media_type": media_type, "data": media.data}
    return {"type": "image", "source": source}


def _build_source(media: Media, part: Part) -> dict[str, Any]:
    if media.media_type == "application/pdf":
        return {"type": "base64", "media_type": media.media_type, "data": media.data}
    if media.media_type == "text/plain":
        return {"type": "text", "media_type": media.media_type, "data": _decode(media, part)}
    refuse_part(part, f"is a file of the type {media.media_type!r}", _FILES_HINT)


def _decode(media: Media, part: Part) -> str:
    try:
        return base64.b64decode(media.data).decode()
    except UnicodeDecodeError:
        refuse_part(part, "is a text that is not in UTF-8", "Write it in UTF-8.")


def _as_id(given: str) -> str:
    """Give the id of a call as the API takes it; the same one for its result."""
    if _CALL_ID.match(given):
        return given
    return f"toolu_{blake2b(given.encode(), digest_size=12).hexdigest()}"


def _mark(blocks: list[dict[str, Any]], mark: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put a mark for the cache on the last block that takes one; thinking does not."""
    at = next(
        (i for i in reversed(range(len(blocks))) if blocks[i].get("type") not in _THINKING), None
    )
    return [
        {**block, "cache_control": mark} if i == at else block for i, block in enumerate(blocks)
    ]
