"""What the vendor wants back with the next request: an answer's parts, as they were.

https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .json_path import copy_json

_TEXT = {"text", "thought"}
_CALL = {"name", "args"}


class Keeper:
    """Collects the parts of one candidate, whole or from the events of a stream.

    Neighbouring texts are one part. A part that is signed stays what it is and where it is, also
    one whose text is empty: the vendor wants its signatures in their places. Thoughts without a
    signature and empty texts are left out, since nobody wants them back.

    Attributes:
        texts: Text that has come behind the last of the parts.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[dict[str, Any]] = []
        self._says_more = False  # than text and calls do

    def note(self, part: dict[str, Any], *, grows: bool = False) -> None:
        """Take the next part.

        Args:
            part: As the vendor has sent it.
            grows: Nobody else has it, and more is still to be put into it.
        """
        told = {name for name, value in part.items() if value is not None}
        if told <= _TEXT:
            text = part.get("text")
            if isinstance(text, str) and not part.get("thought"):
                self.texts.append(text)
            return
        self._says_more = self._says_more or not _is_plain_call(part, told)
        self._parts += self._join_texts()
        self.texts.clear()
        self._parts.append(part if grows else copy_json(part))

    def give(self) -> Mapping[str, Any] | None:
        """Give a copy of the parts, and leave them as they are: several threads may ask for it.

        Returns:
            ``None`` where text and calls say all there is to say.
        """
        if not self._says_more:
            return None
        return {"parts": copy_json([*self._parts, *self._join_texts()])}

    def _join_texts(self) -> list[dict[str, Any]]:
        text = "".join(self.texts)
        return [{"text": text}] if text else []


def _is_plain_call(part: Mapping[str, Any], told: set[str]) -> bool:
    """Whether it is a function call without a signature and without an id of the vendor's."""
    call = part.get("functionCall")
    if told != {"functionCall"} or not isinstance(call, dict):
        return False
    return {name for name, value in call.items() if value is not None} <= _CALL
