"""Rows of what users must be able to do; the row's id is in each test's name.

All of them run with the vendor SDK's own stream decoder made to raise: the bodies are read by us.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# Where each SDK would begin to read a streamed body. Google's stops at the first line, since a
# stream of it that is empty may be read.
_DECODERS = {
    "openai._streaming": (
        "Stream.__stream__",
        "Stream._iter_events",
        "SSEDecoder.iter_bytes",
        "SSEDecoder.decode",
    ),
    "anthropic._streaming": (
        "Stream.__stream__",
        "Stream._iter_events",
        "Stream.raw_events",
        "SSEDecoder.iter_bytes",
        "SSEDecoder.decode",
    ),
    "google.genai._api_client": ("_SseLineDecoder.decode", "_RawJsonLineBuffer.add_line"),
}


@pytest.fixture(autouse=True)
def _sdk_decoders_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("the SDK reads the body")

    for module, names in _DECODERS.items():
        for name in names:
            monkeypatch.setattr(f"{module}.{name}", broken)


@pytest.fixture(autouse=True)
def _nothing_printed(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The library itself prints nothing; a test that prints reads its own output first."""
    yield
    assert capfd.readouterr() == ("", "")
