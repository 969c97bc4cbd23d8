"""Files, bytes and addresses -> the parts of messages that hold images, sound and documents.

What is no address is read at once, and put into the message in base64.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import NamedTuple

from .errors import ValidationError, show
from .message_types import AudioPart, FilePart, ImagePart, ImageUrl
from .parts import ADDRESSES

Source = str | bytes | bytearray | memoryview | os.PathLike[str]

_SENT_AS_THEY_ARE = (*ADDRESSES, "data:")


class _Kind(NamedTuple):
    """How a file of some kind begins.

    Attributes:
        name: Its media type, or the format's short name.
        magic: Its first bytes.
        behind: What stands from the ninth byte on, where the first ones do not tell enough.
    """

    name: str
    magic: bytes
    behind: bytes = b""


# https://www.iana.org/assignments/media-types, and the formats' own specifications.
_IMAGES = (
    _Kind("image/png", b"\x89PNG\r\n\x1a\n"),
    _Kind("image/jpeg", b"\xff\xd8\xff"),
    _Kind("image/gif", b"GIF8"),
    _Kind("image/webp", b"RIFF", b"WEBP"),
)
_SOUNDS = (
    _Kind("wav", b"RIFF", b"WAVE"),
    _Kind("mp3", b"ID3"),
    _Kind("mp3", b"\xff\xfb"),
    _Kind("mp3", b"\xff\xf3"),
    _Kind("mp3", b"\xff\xf2"),
    _Kind("flac", b"fLaC"),
    _Kind("ogg", b"OggS"),
    _Kind("aiff", b"FORM", b"AIFF"),
    _Kind("aac", b"\xff\xf1"),
    _Kind("aac", b"\xff\xf9"),
)
_PDF = b"%PDF-"
_UNNAMED = "document.pdf"
_PDF_BEGINS_WITHIN = 1024
_LONGEST_PATH = 4096


def image(source: Source, *, detail: str | None = None) -> ImagePart:
    """Make a part of a message from an image.

    Args:
        source: Path of a PNG, JPEG, GIF or WebP file, its bytes, or an http(s) address, which is
            sent as it is and read by the provider.
        detail: How closely the model is to look, in the provider's word (``"low"``, ``"high"``).

    Raises:
        ValidationError: The file can't be read, or is of another kind.
    """
    url: ImageUrl = {"url": _address(source) or ""}
    if not url["url"]:
        data = _read(source)
        url["url"] = _data_url(_kind_of(data, _IMAGES, source, "an image"), data)
    if detail is not None:
        url["detail"] = detail
    return {"type": "image_url", "image_url": url}


def pdf(source: Source, *, filename: str | None = None) -> FilePart:
    """Make a part of a message from a PDF document.

    Args:
        source: Path of the file, its bytes, or an http(s) address, which is sent as it is and read
            by the provider; not every provider does.
        filename: What the model is told it is called; ``None``: the path's last part.

    Raises:
        ValidationError: The file can't be read, or is no PDF.
    """
    address = _address(source)
    if address is None:
        data = _read(source)
        if _PDF not in data[:_PDF_BEGINS_WITHIN]:
            raise _unsupported(data, source, "a PDF document", "%PDF-")
        address = _data_url("application/pdf", data)
    return {"type": "file", "file": {"file_data": address, "filename": filename or _name(source)}}


def audio(source: Source) -> AudioPart:
    """Make a part of a message from sound.

    Args:
        source: Path of a WAV, MP3, FLAC, Ogg, AAC or AIFF file, or its bytes; which of them a
            provider understands is its own affair.

    Raises:
        ValidationError: The file can't be read, or is of another kind.
    """
    if _address(source) is not None:
        raise ValidationError(
            f"audio() takes a path or bytes, not an address: {show(source)}.",
            code="unsupported_media",
            hint="Download it first; no provider reads sound by its address.",
        )
    data = _read(source)
    kind = _kind_of(data, _SOUNDS, source, "sound")
    encoded = base64.b64encode(data).decode()
    return {"type": "input_audio", "input_audio": {"data": encoded, "format": kind}}


def _address(source: object) -> str | None:
    """Give an address as it is, ``None`` for a path or bytes."""
    return (
        source if isinstance(source, str) and source.lower().startswith(_SENT_AS_THEY_ARE) else None
    )


def _read(source: object) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if not isinstance(source, str | os.PathLike):
        raise ValidationError(
            f"a path, bytes or an address is wanted, not {type(source).__name__}.",
            code="unsupported_media",
            hint="Of an open file give file.read()." if hasattr(source, "read") else None,
        )
    path = os.fspath(source)
    if len(path) > _LONGEST_PATH:  # of content that was taken for a path, nothing is to be shown
        raise ValidationError(
            f"a path is wanted, not a text of {len(path)} characters.",
            code="unreadable_file",
            hint="Of content in base64 give base64.b64decode(text).",
        )
    try:
        return Path(os.fsdecode(path)).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValidationError(
            f"the file {show(path)} can't be read: {reason}.",
            code="unreadable_file",
            hint=_explain(Path(os.fsdecode(path))),
        ) from error


def _explain(path: Path) -> str | None:
    if str(path).startswith("~"):
        return "Write the home directory out: Path(...).expanduser()."
    if path.is_absolute():
        return None
    return f"A path that is not absolute begins in {show(os.path.abspath(os.curdir))}."


def _kind_of(data: bytes, kinds: tuple[_Kind, ...], source: object, what: str) -> str:
    for kind in kinds:
        if data.startswith(kind.magic) and data[8:].startswith(kind.behind):
            return kind.name
    names = ", ".join(dict.fromkeys(kind.name for kind in kinds))
    raise _unsupported(data, source, f"{what} of a supported kind", names)


def _unsupported(data: bytes, source: object, what: str, wanted: str) -> ValidationError:
    name = "what was given"
    if isinstance(source, str | os.PathLike):
        name = f"the file {show(os.fspath(source))}"
    return ValidationError(
        f"{name} is not {what}." if data else f"{name} is empty.",
        code="unsupported_media",
        hint=f"What it begins with decides, not its name: {wanted}.",
    )


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _name(source: Source) -> str:
    """Give the last part of a path or an address, without what a query may hold."""
    if not isinstance(source, str | os.PathLike) or str(source)[:5].lower() == "data:":
        return _UNNAMED
    path = os.fsdecode(source)
    if _address(source) is not None:
        path = path.partition("?")[0].partition("#")[0].partition("://")[2].partition("/")[2]
    name = Path(path).name.encode(errors="replace").decode()
    return name or _UNNAMED
