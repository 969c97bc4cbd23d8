"""Every sample is replayed whole and in pieces; what a caller sees is what it expects."""

import json
import pickle

import pytest

from llm_connectivity import LLMError
from llm_connectivity.tool_calls import join_calls

from . import samples
from .samples import Sample

ALL = samples.all_samples()
ANSWERS = [sample for sample in ALL if "error" not in sample.expected]
FAILURES = [sample for sample in ALL if "error" in sample.expected]
STREAMED = [sample for sample in ANSWERS if sample.stream is not None]
WHOLE = [sample for sample in ANSWERS if sample.whole is not None]
BOTH = [sample for sample in STREAMED if sample in WHOLE]


def _each(chosen):
    return pytest.mark.parametrize("sample", chosen, ids=str)


def _responses(sample):
    """Give the responses to a sample, whole and streamed, as far as it has both."""
    if sample.whole is not None:
        yield samples.read_whole(sample.wire, sample.whole)
    if sample.stream is not None:
        yield samples.read_stream(sample.wire, sample.stream).response


@_each(WHOLE)
def test_sample_whole_is_as_expected(sample: Sample):
    """All public fields, those that are not named at their defaults."""
    response, expected = samples.read_whole(sample.wire, sample.whole), sample.expected
    assert samples.shown(response) == samples.to_be_shown(expected)
    texts = samples.texts_of_calls(expected.get("tool_calls", ()))
    assert samples.texts_of_calls(response.tool_calls) == texts


@_each(STREAMED)
def test_sample_streamed_is_as_expected(sample: Sample):
    """All public fields; arguments that a wire has as JSON may be spaced otherwise in streams."""
    seen, expected = samples.read_stream(sample.wire, sample.stream), sample.expected
    assert samples.shown(seen.response) == samples.to_be_shown(expected)
    if sample.wire == "openai_chat" or sample.whole is None:
        texts = samples.texts_of_calls(expected.get("tool_calls", ()))
        assert samples.texts_of_calls(seen.response.tool_calls) == texts


@_each(BOTH)
def test_sample_whole_and_streamed_are_equal(sample: Sample):
    """But for what belongs to one request; so is what the vendor wants back."""
    whole, streamed = _responses(sample)
    assert samples.without_request(streamed) == samples.without_request(whole)
    assert streamed._verbatim == whole._verbatim


@pytest.mark.parametrize("size", [1, 7, 1000])
@_each(STREAMED)
def test_sample_in_pieces_is_the_same(sample: Sample, size: int):
    """Wherever the body is cut, chunks and response are those of the body in one piece."""
    at_once = samples.read_stream(sample.wire, sample.stream)
    in_pieces = samples.read_stream(sample.wire, sample.stream, size)
    assert in_pieces.chunks == at_once.chunks
    assert samples.without_request(in_pieces.response) == samples.without_request(at_once.response)


@_each(STREAMED)
def test_sample_chunks_make_the_response(sample: Sample):
    """The chunks hold all of its text, reasoning, calls and sources, in order and once."""
    seen = samples.read_stream(sample.wire, sample.stream)
    response, chunks = seen.response, seen.chunks
    assert "".join(chunk.content for chunk in chunks) == response.content
    assert "".join(chunk.reasoning for chunk in chunks) == response.reasoning
    assert tuple(c for chunk in chunks for c in chunk.citations) == response.citations
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert join_calls(pieces, response.id, response.finish_reason or "") == response.tool_calls
    first = {piece.index: piece for piece in reversed(pieces)}
    assert list(sorted(first)) == list(range(len(response.tool_calls)))
    assert [first[i].name for i in sorted(first)] == [call.name for call in response.tool_calls]


@_each(STREAMED)
def test_sample_chunks_are_the_same_where_nothing_is_kept(sample: Sample):
    """With ``accumulate=False`` a caller misses nothing of the chunks."""
    kept = samples.read_stream(sample.wire, sample.stream).chunks
    assert samples.read_chunks(sample.wire, sample.stream) == kept


@_each(STREAMED)
def test_sample_chunks_are_never_empty(sample: Sample):
    """Each brings something; only the last one ends the answer, and it has no text."""
    *chunks, closing = samples.read_stream(sample.wire, sample.stream).chunks
    for chunk in chunks:
        assert chunk.content or chunk.reasoning or chunk.tool_calls or chunk.citations
        assert (chunk.finish_reason, chunk.usage) == (None, None)
    assert (closing.content, closing.reasoning, closing.tool_calls) == ("", "", ())


@_each(ANSWERS)
def test_sample_values_pickle_and_turn_into_json(sample: Sample):
    """Responses and chunks survive a trip to another process."""
    values = list(_responses(sample))
    if sample.stream is not None:
        values += samples.read_stream(sample.wire, sample.stream).chunks
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value
        json.dumps(value.to_dict(), allow_nan=False)


@_each(ANSWERS)
def test_sample_goes_back_to_its_vendor(sample: Sample):
    """The next request's messages hold the answer, and what the vendor wants back as it was."""
    for response in _responses(sample):
        sent = samples.texts_in(samples.send_back(sample.wire, response))
        assert samples.texts_in(response._verbatim) <= sent
        assert {call.name for call in response.tool_calls} <= sent


@pytest.mark.parametrize("wire", samples.WIRES)
@_each(ANSWERS)
def test_sample_goes_on_with_any_vendor(sample: Sample, wire: str):
    """Whoever has answered, everybody can be asked next."""
    for response in _responses(sample):
        assert samples.QUESTION["content"] in samples.texts_in(samples.send_back(wire, response))


@_each(FAILURES)
def test_sample_failures_are_typed(sample: Sample):
    """Class, code and message, whole and streamed in pieces of any size."""
    expected = sample.expected["error"]
    tries = [(samples.read_whole, sample.whole)] if sample.whole is not None else []
    if sample.stream is not None:
        tries += [(samples.read_stream, sample.stream, *size) for size in ((), (1,), (7,), (1000,))]
    for read, data, *size in tries:
        with pytest.raises(LLMError) as caught:
            read(sample.wire, data, *size)
        assert type(caught.value).__name__ == expected["class"]
        assert caught.value.code == expected["code"]
        assert expected["message contains"] in caught.value.message


@_each(ANSWERS)
def test_sample_has_the_vendors_objects(sample: Sample):
    """They can be built of whatever has come."""
    if sample.whole is not None:
        assert samples.read_whole(sample.wire, sample.whole).raw_response is not None
    if sample.stream is not None:
        chunks = samples.read_stream(sample.wire, sample.stream).chunks
        assert all(chunk.raw_chunk is not None for chunk in chunks)
