"""Keys in HTTP: noted in requests, masked once these are sent, and masked in failures."""

from __future__ import annotations

import contextlib
import json

import httpx2

from ..secret import MASK, is_secret_header, keys_in_header, mask

_LONGEST_FAILURE_BYTES = 1024 * 1024

# Of a failure only; its body is decoded here, and is UTF-8 or nothing.
_FRAMING = (b"content-encoding", b"content-length", b"content-type", b"transfer-encoding")


def note_keys(request: httpx2.Request, keys: list[str]) -> list[str]:
    """Note the keys that a request carries, and give the names of the headers that hold them."""
    # The raw headers: httpx2 guesses the encoding anew for each name and value that it decodes.
    found = [
        (name, value.decode("latin-1"))
        for name, value in ((raw.decode("latin-1"), value) for raw, value in request.headers.raw)
        if is_secret_header(name)
    ]
    for _, value in found:
        keys.extend(key for key in keys_in_header(value) if key not in keys)
    return [name for name, _ in found]


def mask_keys(request: httpx2.Request, names: list[str]) -> None:
    """Mask the keys of a request that has been sent: exceptions and responses carry it along."""
    for name in names:
        request.headers[name] = MASK


def masked_failure(response: httpx2.Response, keys: list[str]) -> httpx2.Response:
    """Read a failure whole, so that no SDK sees a key that the server echoes in it.

    A body that breaks off keeps what has come: the status says enough.
    """
    pieces, size = [], 0
    with contextlib.suppress(httpx2.RequestError), contextlib.closing(response):
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > _LONGEST_FAILURE_BYTES:
                break
    headers = [item for item in response.headers.raw if item[0].lower() not in _FRAMING]
    content = _mask_content(b"".join(pieces), keys)
    return httpx2.Response(response.status_code, headers=headers, content=content)


def _mask_content(content: bytes, keys: list[str]) -> bytes:
    """Mask keys also where JSON spells them with escapes."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(mask(json.loads(content), keys)).encode()
    return bytes(mask(content, keys))
