"""Promise 11: every legal event stream is read, to the character, on every wire."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.scenarios.voice import Voice
from tests.worlds import WireWorld

_examples = settings(max_examples=60)
_texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1)
_noise = st.sampled_from([b"", b": comment\n\n", b":\n\n", b"\n\n", b"id: 1\nretry: 5\n"])


@given(
    texts=_texts,
    line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    noise=_noise,
    space=st.booleans(),
    cuts=st.lists(st.integers(0, 3000), max_size=8),
)
@_examples
def test_promise_11_any_texts_in_any_segments_come_out_as_they_were(
    wire: WireWorld, texts: list[str], line_end: bytes, noise: bytes, space: bool, cuts: list[int]
):
    """With any line ends, and with comments, fields and blank lines between the events."""
    voice = Voice(wire, streamed=True)
    body = noise + b"".join(event + noise for event in voice.events(texts))
    body = body.replace(b"\r\n", b"\n").replace(b"\n", line_end)
    body = body if space else body.replace(b"data: ", b"data:")
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    wire.server.add(voice.stream(*filter(None, pieces)))
    stream = wire.client(max_retries=0).chat_stream("Hi")
    assert "".join(chunk.content for chunk in stream) == "".join(texts)
    assert (stream.finish_reason, stream.warnings) == ("stop", ())


@given(text=st.text(min_size=1), at=st.integers(0, 40))
@_examples
def test_promise_11_text_cut_between_surrogates_is_joined(wire: WireWorld, text: str, at: int):
    """Some servers cut texts by UTF-16 units; what has no other half becomes U+FFFD."""
    voice = Voice(wire, streamed=True)
    units = text.encode("utf-16-le", "surrogatepass")
    pieces = [units[: 2 * at], units[2 * at :]]
    halves = [piece.decode("utf-16-le", "surrogatepass") for piece in pieces if piece]
    wire.server.add(voice.stream(voice.start, *map(voice.text, halves), *voice.ending()))
    expected = units.decode("utf-16-le", "replace")
    assert wire.client(max_retries=0).chat_stream("Hi").collect().content == expected
