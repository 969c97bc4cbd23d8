"""Characters that come in halves: UTF-16 surrogates, which JSON may cut and UTF-8 can't hold."""

from __future__ import annotations


class SurrogateMender:
    """Joins surrogate pairs that were cut between two pieces of text; lone halves become U+FFFD."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Give the text that is certain; a high surrogate at its end waits for its other half."""
        if not self._half and text.isascii():
            return text
        text = self._half + text
        self._half = ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return mend_text(text)

    def finish(self) -> str:
        """Give what waited in vain: U+FFFD, or nothing."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


def mend_text(text: str) -> str:
    """Join surrogate pairs and replace lone halves by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
