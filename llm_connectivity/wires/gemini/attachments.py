"""Images, sound and files of a message -> parts with their data or their address.

https://ai.google.dev/gemini-api/docs/file-input-methods
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...parts import ADDRESSES
from ..media import read_data_url
from ..turns import Part, refuse_part

# Ends of names -> media types that the vendor reads; other kinds of sound, video and text it knows
# better than this table. https://ai.google.dev/gemini-api/docs/image-understanding,
# https://ai.google.dev/gemini-api/docs/audio, https://ai.google.dev/gemini-api/docs/video-understanding,
# https://ai.google.dev/gemini-api/docs/document-processing
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "bmp": "image/bmp",
    "wav": "audio/wav",
    "mp3": "audio/mp3",
    "aiff": "audio/aiff",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/m4a",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpg",
    "mov": "video/mov",
    "avi": "video/avi",
    "flv": "video/x-flv",
    "webm": "video/webm",
    "wmv": "video/wmv",
    "3gp": "video/3gpp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/md",
    "html": "text/html",
    "css": "text/css",
    "csv": "text/csv",
    "xml": "text/xml",
    "rtf": "text/rtf",
    "js": "text/javascript",
    "py": "text/x-python",
    "json": "application/json",
}
_READ = frozenset(_TYPES.values()) | {
    "image/jpg",
    "application/rtf",
    "application/x-javascript",
    "application/x-python",
    "application/xml",
}
_READ_KINDS = ("audio/", "video/", "text/")

_SOUNDS = frozenset("wav mp3 aiff aac ogg flac m4a mpeg opus webm".split())

# What a file's name stands for in addresses: https://ai.google.dev/api/files#File.FIELDS.uri
_FILES = "https://generativelanguage.googleapis.com/v1beta/"


def write_image(part: Part) -> dict[str, Any]:
    """Write an image.

    Raises:
        ValidationError: It is of a type that the vendor does not read.
    """
    return _write_url(part, part.data["url"])


def write_sound(part: Part) -> dict[str, Any]:
    """Write sound.

    Raises:
        ValidationError: It is of a format that the vendor does not read.
    """
    form = str(part.data["format"]).lower()
    if form not in _SOUNDS:
        refuse_part(
            part,
            f"has the format {form!r}, which this provider does not read",
            f"It reads: {', '.join(sorted(_SOUNDS))}.",
        )
    return {"inlineData": {"mimeType": f"audio/{form}", "data": part.data["data"]}}


def write_file(part: Part) -> dict[str, Any]:
    """Write a file.

    Raises:
        ValidationError: It is of a type that the vendor does not read, or is another's.
    """
    file, name = part.data, str(part.data.get("filename") or "")
    if file.get("file_data"):
        return _write_url(part, file["file_data"], name)
    uri = str(file.get("file_id") or "")
    if uri.startswith("files/"):
        uri = _FILES + uri
    if not uri.startswith(ADDRESSES):
        refuse_part(
            part,
            f"has the file_id {uri[:80]!r}, which is no file of this provider's",
            "Upload it there and give its uri or name ('files/...'), or give file_data.",
        )
    return _write_address(uri, name)


def _write_url(part: Part, url: str, name: str = "") -> dict[str, Any]:
    media = read_data_url(url)
    if media is None:
        if url.startswith(ADDRESSES):
            return _write_address(url, name)
        refuse_part(part, "is neither an address nor a data URL in base64", "Give one of these.")
    kind = media.media_type
    if kind not in _READ and not kind.startswith(_READ_KINDS):
        refuse_part(
            part,
            f"has the media type {kind!r}, which this provider does not read",
            f"Besides sound, video and text it reads: {', '.join(_images_and_documents())}.",
        )
    return {"inlineData": {"mimeType": kind, "data": media.data}}


def _write_address(uri: str, name: str) -> dict[str, Any]:
    """Write where something is, with its type if its name tells it."""
    kind = _type_of(urlsplit(uri).path) or _type_of(name)
    return {"fileData": {"fileUri": uri, "mimeType": kind} if kind else {"fileUri": uri}}


def _type_of(name: str) -> str | None:
    return _TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None


def _images_and_documents() -> list[str]:
    return sorted(kind for kind in set(_TYPES.values()) if not kind.startswith(_READ_KINDS))
