"""Rows of what users must be able to do; the row's id is in each test's name.

All of them run with the vendor SDK's own stream decoder made to raise: the bodies are read by us.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import _streaming

_DECODERS = (
    (_streaming.Stream, "__stream__"),
    (_streaming.Stream, "_iter_events"),
    (_streaming.SSEDecoder, "iter_bytes"),
    (_streaming.SSEDecoder, "decode"),
)


@pytest.fixture(autouse=True)
def _sdk_decoder_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AssertionError("the SDK reads the body")

    for owner, name in _DECODERS:
        monkeypatch.setattr(owner, name, broken)


@pytest.fixture(autouse=True)
def _nothing_printed(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The library itself prints nothing; a test that prints reads its own output first."""
    yield
    assert capfd.readouterr() == ("", "")
