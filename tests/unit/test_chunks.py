"""Chunks of an HTTP body that are joined hold what they held before."""

import itertools

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llm_connectivity.http.chunks import ChunkJoiner

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def _chunk(content, size="%x", extension=b""):
    """Write one chunk."""
    return (size % len(content)).encode() + extension + b"\r\n" + content + b"\r\n"


def _pieces(data, cuts):
    """Cut bytes at these places."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


def _join(pieces):
    """Feed a joiner, and give what comes out."""
    joiner = ChunkJoiner()
    return [joined for joined in map(joiner.feed, pieces) if joined]


def _read(pieces, *, ended=False):
    """Read a body with the HTTP library: its content, whether it ended, and what came behind."""
    connection = h11.Connection(our_role=h11.CLIENT)
    request = h11.Request(method="GET", target="/", headers=[("host", "x")])
    connection.send(request)
    connection.send(h11.EndOfMessage())
    content = b""
    try:
        for piece in [HEAD, *pieces, *([b""] if ended else [])]:
            connection.receive_data(piece)
            while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Data):
                    content += bytes(event.data)
                if isinstance(event, h11.EndOfMessage):
                    return content, True, list(event.headers), connection.trailing_data[0]
    except h11.RemoteProtocolError:
        pass
    return content, False, [], b""


CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=60)
ENDS = st.sampled_from(
    [b"0\r\n\r\n", b"0\r\nx: 1\r\n\r\n", b"00\r\n\r\n", b"0\r\n\r\nmore", b"", b"0"]
)
CUTS = st.lists(st.integers(0, 4000), max_size=30)


@given(CHUNKS, ENDS, CUTS)
@example([b"a" * 20] * 40, b"0\r\n\r\n", [])
@example([b"a"] * 40, b"0\r\n\r\n", [*range(300)])
def test_joined_chunks_hold_the_same(contents, end, cuts):
    """However many there are, however the body was cut, and however it ends."""
    body = b"".join(map(_chunk, contents)) + end
    pieces = _pieces(body, cuts)
    assert _read(_join(pieces), ended=True) == _read(pieces, ended=True)


@given(CHUNKS, CUTS)
def test_no_content_waits(contents, cuts):
    """What has come is given with the piece that brought it."""
    pieces = _pieces(b"".join(map(_chunk, contents)), cuts)
    joiner, joined = ChunkJoiner(), []
    for i, piece in enumerate(pieces):
        joined.append(joiner.feed(piece))
        assert _read([one for one in joined if one])[0] == _read(pieces[: i + 1])[0]


@given(st.binary(max_size=200), CHUNKS, CUTS)
def test_what_is_not_understood_is_passed_on(garbage, contents, cuts):
    """The HTTP library says what is wrong with it, as it would have done."""
    body = b"".join(map(_chunk, contents)) + garbage
    pieces = _pieces(body, cuts)
    assert _read(_join(pieces), ended=True) == _read(pieces, ended=True)


@pytest.mark.parametrize(
    "odd",
    [
        _chunk(b"abc", extension=b";a=b"),
        _chunk(b"abc", size="%X"),
        _chunk(b"abc", size="%08x"),
        b"3 \r\nabc\r\n",
        b"3\nabc\n",
        b"3\r\nabcd\r\n",
        b"-3\r\nabc\r\n",
        b"0x3\r\nabc\r\n",
        b"1_0\r\nabc\r\n",
        b"ffffffffffffffffffffff\r\nabc\r\n",
    ],
    ids=repr,
)
def test_odd_sizes_mean_what_they_mean_to_the_http_library(odd):
    """Extensions, padding, and what is no size at all."""
    body = [_chunk(b"ab") * 3 + odd + _chunk(b"cd") * 3 + b"0\r\n\r\n"]
    assert _read(_join(body), ended=True) == _read(body, ended=True)


def test_neighbours_become_few():
    """Eight at a time; a single one stays as it is."""
    [joined] = _join([_chunk(b"ab") * 20])
    assert joined == _chunk(b"ab" * 8) * 2 + _chunk(b"ab" * 4)
    assert _join([_chunk(b"ab")]) == [_chunk(b"ab")]


def test_only_the_beginning_of_a_size_is_held_back():
    """It is no content, and the rest of it must come."""
    joiner = ChunkJoiner()
    assert joiner.feed(_chunk(b"ab") + b"1") == _chunk(b"ab")
    assert joiner.feed(b"0\r\nxx") == b"10\r\nxx"


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        (b"5\r\n<key>\r\n<key>\r\n", b"5\r\n<key>\r\n***\r\n"),
        (b"0\r\nx: <key>\r\n\r\n", b"0\r\nx: ***\r\n\r\n"),
        (b"5\r\n<key>\r\n0\r\n\r\n<key>", b"5\r\n<key>\r\n0\r\n\r\n***"),
        (b"5;x=y\r\n<key>\r\n0\r\n\r\n", b"5;x=y\r\n<key>\r\n0\r\n\r\n"),
        (b"5\r\n<key>#5\r\n<key>", b"5\r\n<key>#5\r\n<key>"),
    ],
    ids=["no size", "trailer", "behind the end", "extension", "no end of a chunk"],
)
def test_joiner_masks_what_is_no_content(data: bytes, masked: bytes):
    """Content is the answer's text, and keeps its length."""

    def mask(piece: bytes) -> bytes:
        return piece.replace(b"<key>", b"***")

    assert ChunkJoiner(mask).feed(data) == masked
    joiner = ChunkJoiner(mask)
    rest = [joiner.feed(data), joiner.feed(b"<key>")]
    assert rest[1] == (b"<key>" if masked == data else b"***")
