"""Every sample is listed with what it alone shows, and where that is written."""

import re

import pytest

from . import samples

_FEWEST = 25
_ROW = re.compile(r"^\| *`?([\w.-]+)`? *\| *(.*?) *\| *(.*?) *\|$", re.MULTILINE)


def _rows(wire):
    """Give name, feature and source of each row of a wire's table."""
    text = (samples.ROOT / wire / "INDEX.md").read_text()
    return [row for row in _ROW.findall(text) if row[0] not in ("name", "---")]


@pytest.mark.parametrize("wire", samples.WIRES)
def test_index_lists_every_sample_once(wire):
    """No folder is missing, and none is made up."""
    names = [sample.name for sample in samples.all_samples() if sample.wire == wire]
    assert sorted(name for name, _, _ in _rows(wire)) == names


@pytest.mark.parametrize("wire", samples.WIRES)
def test_index_names_a_feature_and_a_source_of_each(wire):
    """No two show the same; a source is an address, or the server it came from."""
    rows = _rows(wire)
    assert all(feature and source for _, feature, source in rows)
    assert len({feature for _, feature, _ in rows}) == len(rows)


@pytest.mark.parametrize("wire", samples.WIRES)
def test_samples_are_enough(wire):
    """Whole or streamed, each wire has its share."""
    assert len(_rows(wire)) >= _FEWEST
