"""The parts of a message's content, in OpenAI's form: what each kind must hold.

https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from .checks import check_encodable, check_json
from .errors import ValidationError, show, show_names

_FORMAT = re.compile(r"[A-Za-z0-9._+-]{1,20}\Z")

_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[^;,]*)*;base64,", re.IGNORECASE | re.ASCII)
_LONGEST_DATA_URL_HEAD = 200
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
ADDRESSES = ("http://", "https://", "gs://")
_LONGEST_SCHEME = 8
_MARK_LIFETIMES = (None, "5m", "1h")
_SHOWN_CHARACTERS = 60

_ANY_STR = "Give a str."
_HINTS = {
    "bytes": "An image's bytes go into image(data), others are to be decoded to a str.",
    "ToolCall": "Give call.id.",
    "dict": "Give a str; json.dumps(...) makes one.",
    "list": "Give a str; json.dumps(...) makes one.",
}

_EXAMPLE = (
    'A text part is {"type": "text", "text": "Hello"}; '
    "image(...), pdf(...) and audio(...) make the others."
)
_DATA_URL_EXAMPLE = "It looks like 'data:image/png;base64,iVBORw0...'."

# Parts of other forms -> what stands for them in OpenAI's.
_SAID_ELSEWHERE = {
    "image": "An image is of the type 'image_url': image('photo.png') makes it.",
    "input_image": "An image is of the type 'image_url': image('photo.png') makes it.",
    "audio": "Sound is of the type 'input_audio': audio('speech.wav') makes it.",
    "document": "A document is of the type 'file': pdf('paper.pdf') makes it.",
    "input_file": "A document is of the type 'file': pdf('paper.pdf') makes it.",
    "input_text": "A text is of the type 'text' for every speaker.",
    "output_text": "A text is of the type 'text' for every speaker.",
    "refusal": 'A refusal stands beside content: {"role": "assistant", "refusal": "..."}.',
    "tool_use": "Calls stand beside content, in 'tool_calls'; response.to_message() writes them.",
    "tool_result": 'A result is a message of its own: {"role": "tool", "tool_call_id": "...", '
    '"content": "..."}.',
}


def check_content(content: object, where: str) -> str | list[dict[str, Any]]:
    """Check what a message says: a text, or a list of parts; empty text parts are dropped.

    Args:
        content: As the caller gave it.
        where: Its place.

    Raises:
        ValidationError: Something is wrong; the text says where.
    """
    if isinstance(content, str):
        return check_text(content, where)
    if not isinstance(content, list | tuple):
        refuse(f"{where} must be a string or a list of parts, not {_type(content)}", _EXAMPLE)
    parts = [_check_part(part, f"{where}[{i}]") for i, part in enumerate(content)]
    return [part for part in parts if part["type"] != "text" or part["text"]] or ""


def refuse_media(parts: Sequence[Mapping[str, Any]], where: str) -> None:
    """Refuse parts that are no text, for speakers who can say nothing else.

    Raises:
        ValidationError: There is one.
    """
    for i, part in enumerate(parts):
        if part["type"] != "text":
            refuse(
                f"{where}[{i}] is of the type {part['type']!r}, which only a user's message holds",
                "Put it into a user message.",
            )


def check_text(text: object, where: str) -> str:
    """Check a text.

    Raises:
        ValidationError: It is none, or UTF-8 can't hold it.
    """
    if not isinstance(text, str):
        refuse(f"{where} must be a string, not {_type(text)}", _HINTS.get(_type(text), _ANY_STR))
    check_encodable(text, where)
    return text


def check_mark(mark: object, where: str) -> dict[str, Any]:
    """Check a mark behind which a provider is to keep the prompt.

    https://docs.claude.com/en/docs/build-with-claude/prompt-caching

    Raises:
        ValidationError: It is none.
    """
    checked = check_json(mark, where)
    if (
        isinstance(checked, dict)
        and checked.get("type") == "ephemeral"
        and checked.get("ttl") in _MARK_LIFETIMES
    ):
        return checked
    refuse(
        f"{where} must be {{'type': 'ephemeral'}}, not {show(mark)}",
        "A 'ttl' of '5m' or '1h' may stand beside it.",
    )


def refuse(what: str, hint: str) -> NoReturn:
    """Say what is wrong with the messages.

    Raises:
        ValidationError: Always.
    """
    raise ValidationError(f"{what}.", code="invalid_messages", hint=hint)


def _check_part(part: object, where: str) -> dict[str, Any]:
    if not isinstance(part, Mapping):
        refuse(f"{where} must be a dict, not {_type(part)}", _EXAMPLE)
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        _refuse_kind(part, where)
    if kind not in part:
        refuse(f"{where} has no {kind!r}", f"Its keys are: {show_names(part)}.")
    known = ("type", kind, "cache_control")
    for key, value in part.items():
        if key not in known and value is not None:
            refuse(f"{where} has the unknown key {show(key)}", f"Known keys: {show_names(known)}.")
    checked = {"type": kind, kind: _KINDS[kind](part[kind], f"{where}[{kind!r}]")}
    if part.get("cache_control") is not None:
        checked["cache_control"] = check_mark(part["cache_control"], f"{where}['cache_control']")
    return checked


def _refuse_kind(part: Mapping[Any, Any], where: str) -> NoReturn:
    kind, known = part.get("type"), f"Known types: {show_names(_KINDS)}."
    if kind is None:
        refuse(f"{where} has no 'type'", known)
    told = _SAID_ELSEWHERE.get(kind) if isinstance(kind, str) else None
    refuse(f"{where} has the unknown type {show(kind)}", told or known)


def _check_image(image: object, where: str) -> dict[str, Any]:
    checked = _check_fields(image, where, needed=("url",), others=("detail",))
    url = checked["url"] = _check_source(checked["url"], f"{where}['url']", "image('photo.png')")
    if url.startswith("data:") and not url[5:].lower().startswith("image/"):
        refuse(
            f"{where}['url'] holds no image, but {show(url[5:].partition(';')[0])}",
            "For a document use pdf('paper.pdf').",
        )
    return checked


def _check_audio(audio: object, where: str) -> dict[str, Any]:
    checked = _check_fields(audio, where, needed=("data", "format"), others=())
    _check_base64(checked["data"], f"{where}['data']")
    if not _FORMAT.match(checked["format"]):
        refuse(
            f"{where}['format'] is no format of sound: {show(checked['format'])}",
            "It is a short name like 'wav' or 'mp3'; audio('speech.wav') finds it.",
        )
    return checked


def _check_file(file: object, where: str) -> dict[str, Any]:
    checked = _check_fields(file, where, needed=(), others=("file_data", "file_id", "filename"))
    if ("file_data" in checked) == ("file_id" in checked):
        refuse(
            f"{where} must have either 'file_data' or 'file_id'",
            "file_data is a data URL; pdf('paper.pdf') makes it.",
        )
    if "file_data" in checked:
        place = f"{where}['file_data']"
        checked["file_data"] = _check_source(checked["file_data"], place, "pdf('paper.pdf')")
    return checked


def _check_source(given: str, where: str, maker: str) -> str:
    """Check a data URL or an address; ``maker`` makes the part of a file."""
    url = _lower_scheme(given)
    if url.startswith("data:"):
        _check_data_url(url, where)
    elif not url.startswith(ADDRESSES):
        refuse(
            f"{where} is neither an address nor a data URL: {_shorten(url)}",
            f"For a file on this machine, or bytes, use {maker} instead of this part.",
        )
    return url


def _check_fields(
    value: object, where: str, *, needed: tuple[str, ...], others: tuple[str, ...]
) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        names = needed + others
        hint = f'Its keys: {show_names(names)}; for example {{"{names[0]}": "..."}}.'
        refuse(f"{where} must be a dict, not {_type(value)}", hint)
    given = {key: item for key, item in value.items() if item is not None}
    for key in needed:
        if key not in given:
            refuse(f"{where} has no {key!r}", f"Its keys are: {show_names(value)}.")
    for key, item in given.items():
        if key not in needed and key not in others:
            refuse(
                f"{where} has the unknown key {show(key)}",
                f"Known keys: {show_names(needed + others)}.",
            )
        if not check_text(item, f"{where}[{key!r}]"):
            refuse(f"{where}[{key!r}] is empty", "Say what it is, or leave it out.")
    return given


def _check_data_url(url: str, where: str) -> None:
    found = _DATA_URL.match(url[:_LONGEST_DATA_URL_HEAD])
    if found is None:
        refuse(
            f"{where} is not a data URL with a media type and base64: {_shorten(url)}",
            _DATA_URL_EXAMPLE,
        )
    _check_base64(url[found.end() :], where)


def _check_base64(data: str, where: str) -> None:
    try:
        decoded = binascii.a2b_base64(data, strict_mode=True)
    except ValueError as error:
        foreign = _NO_BASE64.search(data)
        # Raised again outside, without the data that the error's frame holds.
        wrong = f"it holds {foreign[0]!r} at place {foreign.start()}" if foreign else str(error)
    else:
        wrong = "" if decoded else "it holds nothing"
    if wrong:
        refuse(
            f"{where} is not valid base64: {wrong[:1].lower()}{wrong[1:]}",
            "Encode the bytes with base64.b64encode(...).decode().",
        )


def _lower_scheme(url: str) -> str:
    """Give an address whose scheme is written as everybody reads it: ``"HTTPS:"`` is one too."""
    scheme, colon, _ = url[:_LONGEST_SCHEME].partition(":")
    return f"{scheme.lower()}{url[len(scheme) :]}" if colon else url


def _shorten(text: str) -> str:
    """Show what may be a path or an address; anything else may be a document's text."""
    head = text.partition(",")[0] if text.startswith("data:") else text
    if len(head) <= _SHOWN_CHARACTERS and head.isprintable() and " " not in head:
        return show(head if head == text else f"{head},...")
    return f"a text of {len(text)} characters"


def _type(value: object) -> str:
    return type(value).__name__


# Kind of part -> the check for what it holds under its own name.
_KINDS: dict[str, Callable[[Any, str], Any]] = {
    "text": check_text,
    "image_url": _check_image,
    "input_audio": _check_audio,
    "file": _check_file,
}
