"""Ids of calls that another provider has named, as a server takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

_LENGTHS = range(40, 0, -1)


def fit_id(call_id: str, pattern: str) -> str:
    """Give an id that a server takes: the same one, or one that is always made of it.

    Args:
        call_id: The id.
        pattern: Regular expression that a whole id must match.
    """
    if re.fullmatch(pattern, call_id, re.DOTALL):
        return call_id
    digits = blake2b(call_id.encode(errors="surrogatepass"), digest_size=20).hexdigest()
    made: Iterable[str] = (digits[:length] for length in _LENGTHS)
    return next((made_id for made_id in made if re.fullmatch(pattern, made_id)), call_id)
