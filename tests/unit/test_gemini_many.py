"""Gemini's answers in many pieces, from many sources and for many readers.

What goes back to the vendor is a copy.
"""

import json
import threading

import pytest

from llm_connectivity.reader import AnswerReader
from llm_connectivity.tool_calls import join_calls
from llm_connectivity.wires.gemini import GeminiCodec, calls
from llm_connectivity.wires.gemini.calls import CallReader
from llm_connectivity.wires.gemini.content import understand
from llm_connectivity.wires.gemini.sources import SourceReader
from tests.growth import assert_linear
from tests.server import gemini_wire as wire

SIGNED = {"text": "a", "thoughtSignature": "Cg=="}
CALL = {"functionCall": {"name": "f", "args": {"a": {"b": ["c"]}}}, "thoughtSignature": "Cg=="}


def _read(*events, keeps=True):
    reader = AnswerReader(GeminiCodec(), keeps=keeps)
    chunks = [chunk for event in events for chunk in reader.feed(event)]
    chunks += reader.feed(wire.parts_event([], "STOP"))
    return reader, chunks + reader.finish()


def _piece(text, **fields):
    told = {"partialArgs": [{"jsonPath": "$.a", "stringValue": text}], "willContinue": True}
    return {"functionCall": {**told, **fields}}


def _web(number, **fields):
    return {"web": {"uri": f"https://{number}.example", **fields}}


def _grounded(*chunks):
    return {"groundingMetadata": {"groundingChunks": list(chunks)}}


def test_several_threads_read_what_goes_back():
    """Reading changes nothing."""
    events = [
        wire.parts_event([part]) for part in [SIGNED, *({"text": f"{i} "} for i in range(50))]
    ]
    reader, chunks = _read(*events)
    text = "".join(chunk.content for chunk in chunks)
    keeper = reader._decoder._content._keeper
    before = (len(keeper.texts), len(keeper._parts))
    told = []
    threads = [
        threading.Thread(target=lambda: told.append(reader.summary._verbatim)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [understand(verbatim)[0] for verbatim in told] == [text] * 8
    assert (len(keeper.texts), len(keeper._parts)) == before


def test_argument_in_many_pieces_takes_no_time():
    """It is put together once."""

    def read(pieces: int) -> None:
        reader = CallReader()
        reader.feed({"functionCall": {"name": "f", "willContinue": True}})
        for _ in range(pieces):
            reader.feed(_piece("x" * 100))
        [piece] = reader.finish(cut=False)
        assert json.loads(piece.arguments_text) == {"a": "x" * 100 * pieces}

    assert_linear(read, 4000)


@pytest.mark.parametrize("keeps", [True, False])
def test_argument_without_end_is_cut_off(monkeypatch, keeps):
    """Memory does not grow for ever, and the call is not to be run."""
    monkeypatch.setattr(calls, "_LONGEST", 5000)
    pieces = [wire.parts_event([_piece("x" * 100)]) for _ in range(1000)]
    _, chunks = _read(wire.parts_event([_piece("", name="f")]), *pieces, keeps=keeps)
    [call] = join_calls(
        [piece for chunk in chunks for piece in chunk.tool_calls], "i", "tool_calls"
    )
    assert (call.name, call.complete, len(call.arguments_text) < 5000) == ("f", False, True)


def test_argument_of_the_next_call_has_room_again(monkeypatch):
    """Each call is counted by itself."""
    monkeypatch.setattr(calls, "_LONGEST", 500)
    events = [wire.parts_event([_piece("x" * 100, name="f")]) for _ in range(5)]
    end = {"functionCall": {}}
    _, chunks = _read(*(event for one in events for event in (one, wire.parts_event([end]))))
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    assert [call.arguments for call in join_calls(pieces, "i", "stop")] == [{"a": "x" * 100}] * 5


def test_many_sources_take_no_time():
    """In one answer, and told again with every event."""

    def read(count: int) -> None:
        sources = [_web(number) for number in range(count)]
        candidate = wire.candidate([{"text": "a"}], "STOP") | _grounded(*sources, *sources)
        answer = GeminiCodec().parse_chat(wire.whole_answer(candidates=[candidate]))
        assert len(answer.citations) == count

    assert_linear(read, 600)


@pytest.mark.parametrize(("keeps", "most"), [(True, 3000), (False, 1000)])
def test_sources_are_told_once(keeps, most):
    """Without keeping, as many are known again as fit into a memory that does not grow."""
    reader = SourceReader(keeps=keeps)
    for number in range(3000):
        assert len(reader.feed(_grounded(_web(number), _web(number)))) == 1
    assert reader.feed(_grounded(*map(_web, range(2500, 3000)))) == ()
    assert len(reader._seen) == most


def test_sources_that_differ_in_anything_are_several():
    """The order of fields is no difference."""
    same = {"web": {"title": "t", "uri": "https://1.example"}}
    chunks = [_web(1, title="t"), same, _web(1, title="u"), {"web": {"uri": "u", "n": 10**5000}}]
    assert len(SourceReader().feed(_grounded(*chunks))) == 3


def test_only_candidate_is_read_whatever_its_index():
    """In a whole answer, where no other can come."""
    only = wire.candidate([{"text": "a"}, CALL], "STOP") | {"index": 1}
    answer = GeminiCodec().parse_chat(wire.whole_answer(candidates=[only]))
    assert (answer.content, answer.finish_reason, len(answer.choices)) == ("a", "tool_calls", 1)
    assert answer._verbatim == {"parts": [{"text": "a"}, CALL]}


def _stream():
    parts = [wire.candidate([SIGNED]) | _grounded(_web(1)), wire.candidate([CALL])]
    open_call = _piece("x", name="g", args={"n": {"m": [1]}})
    parts += [wire.candidate([open_call]), wire.candidate([_piece("y", willContinue=False)])]
    reader, chunks = _read(*(wire.chunk_event([part]) for part in parts))
    citations = [citation for chunk in chunks for citation in chunk.citations]
    raws = [chunk._raw.data for chunk in chunks if chunk._raw is not None]
    return citations, raws, lambda: reader.summary._verbatim


def _whole():
    candidate = wire.candidate([SIGNED, CALL], "STOP") | _grounded(_web(1))
    body = json.loads(json.dumps(wire.whole_answer(candidates=[candidate])))
    answer = GeminiCodec().parse_chat(body)
    return answer.citations, [body], lambda: answer._verbatim


@pytest.mark.parametrize("read", [_stream, _whole])
def test_what_goes_back_changes_with_nothing_else(read):
    """Neither with a source's JSON nor with an event's or the answer's."""
    citations, raws, verbatim = read()
    before = json.dumps(verbatim())
    for raw in raws:
        _spoil(raw)
    assert [citation.raw for citation in citations] == [_web(1)]
    citations[0].raw.clear()
    assert json.dumps(verbatim()) == before
    assert json.loads(before)["parts"][:2] == [SIGNED, CALL]


def test_what_goes_back_is_a_copy_of_what_came():
    """Who changes it changes no raw object."""
    _, raws, verbatim = _stream()
    before = json.dumps(raws)
    _spoil(verbatim())
    assert json.dumps(raws) == before


def _spoil(value):
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _spoil(inner)
    value.clear()
