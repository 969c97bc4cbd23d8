"""JSON that comes in pieces: whether it is whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_connectivity.wires.json_depth import JsonDepth

_TEXTS = st.text(max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers() | _TEXTS
_OBJECTS = st.dictionaries(
    _TEXTS,
    st.recursive(_SCALARS, lambda v: st.lists(v) | st.dictionaries(_TEXTS, v), max_leaves=8),
    max_size=4,
)


def _is_whole(*pieces):
    depth = JsonDepth()
    for piece in pieces:
        depth.feed(piece)
    return depth.is_whole


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param([""], False, id="an empty piece"),
        pytest.param([" \n"], False, id="blanks"),
        pytest.param(["{}"], True, id="an empty object"),
        pytest.param(["{", "", "}"], True, id="in pieces"),
        pytest.param(['{"a": [1, {'], False, id="open"),
        pytest.param(['{"a": "}'], False, id="a brace in a string closes nothing"),
        pytest.param(['{"a": "{"}'], True, id="and opens nothing"),
        pytest.param(['{"a": "\\"}'], False, id="an escaped quote ends no string"),
        pytest.param(['{"a": "\\', '"}'], False, id="nor where the pieces part them"),
        pytest.param(['{"a": "\\', "", '"}'], False, id="nor with an empty piece between"),
        pytest.param(['{"a": "\\\\"}'], True, id="an escaped backslash escapes nothing"),
        pytest.param(['{"a": "\\', '\\"}'], True, id="wherever it is parted"),
        pytest.param(['{"a": "\n}"}'], True, id="a bare line break"),
    ],
)
def test_depth_says_what_is_whole(pieces, whole):
    """Something has come, and all that it opened is closed."""
    assert _is_whole(*pieces) is whole


@given(_OBJECTS, st.booleans(), st.integers(1, 5))
def test_depth_an_object_is_whole_at_its_last_character(value, ascii_only, size):
    """And not before, however it is cut."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    depth = JsonDepth()
    for i in range(0, len(text), size):
        assert not depth.is_whole
        depth.feed(text[i : i + size])
    assert depth.is_whole
