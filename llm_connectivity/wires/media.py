"""Images, sound and files in messages: what a data URL holds."""

from __future__ import annotations

import re
from typing import NamedTuple

_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,]*?)*?;base64,", re.IGNORECASE)


class Media(NamedTuple):
    """What a data URL holds.

    Attributes:
        media_type: ``"image/png"``, in lower case.
        data: Its content in base64.
    """

    media_type: str
    data: str


def read_data_url(url: str) -> Media | None:
    """Take a data URL apart; ``None`` for an address, or a data URL that is not base64."""
    found = _DATA_URL.match(url)
    return Media(found["type"].lower(), url[found.end() :]) if found else None
