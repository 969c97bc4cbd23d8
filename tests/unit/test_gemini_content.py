"""Thoughts, calls and what goes back on Gemini's wire: whole and streamed they are the same."""

import pytest

from llm_connectivity.reader import AnswerReader
from llm_connectivity.tool_calls import join_calls
from llm_connectivity.types import Citation
from llm_connectivity.wires.gemini import GeminiCodec
from llm_connectivity.wires.gemini.content import understand
from llm_connectivity.wires.gemini.json_path import copy_json, put
from tests.server import gemini_wire as wire

SIGNED = {"text": "", "thoughtSignature": "Cg=="}
CODE = {"executableCode": {"language": "PYTHON", "code": "1+1"}}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}}


def _call(name="f", args=None, **more):
    """Give a part with a call; more fields are the part's."""
    call = {"name": name} if args is None else {"name": name, "args": args}
    return {"functionCall": call, **more}


def _piece(*partial, go=True, name=None):
    """Give a part with a piece of a call: places and values of arguments."""
    call = {"partialArgs": [{"jsonPath": path, **value} for path, value in partial]}
    call |= {"name": name} if name else {}
    return {"functionCall": call | ({"willContinue": True} if go else {})}


def _whole(parts, finish="STOP", **fields):
    """Read a whole answer with these parts."""
    candidate = wire.candidate(parts, finish) | fields
    return GeminiCodec().parse_chat(wire.whole_answer(candidates=[candidate]))


def _stream(events, finish="STOP", keeps=True):
    """Read a stream, each event with these parts; give the chunks and what is to go back."""
    body = b"".join(wire.parts_event(parts) for parts in events)
    reader = AnswerReader(GeminiCodec(), keeps=keeps)
    chunks = reader.feed(body + (wire.parts_event([], finish) if finish else b""))
    return chunks + reader.finish(), reader.summary._verbatim


def _calls(chunks):
    """Put the calls of chunks together as a stream does."""
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    return join_calls(pieces, wire.RESPONSE_ID, chunks[-1].finish_reason if chunks else None)


THOUGHTS = [
    ([{"text": "hm", "thought": True}], "hm"),
    ([{"text": "a", "thought": True}, {"text": "x"}, {"text": "b", "thought": True}], "ab"),
    ([{"text": "a", "thought": True, "thoughtSignature": "Cg=="}], "a"),
    ([{"text": None, "thought": True}, {"text": 7, "thought": True}, {"thought": True}], ""),
    ([{"text": "a", "thought": False}], ""),
    ([{"text": "a\ud83d", "thought": True}], "a\ufffd"),
]


@pytest.mark.parametrize(("parts", "reasoning"), THOUGHTS, ids=str)
def test_thoughts_are_reasoning(parts, reasoning):
    """Whole, in one event, and in an event for each part."""
    assert _whole(parts).reasoning == reasoning
    for events in ([parts], [[part] for part in parts]):
        assert "".join(chunk.reasoning for chunk in _stream(events)[0]) == reasoning


def test_thought_that_is_cut_within_a_character_waits_for_the_rest():
    """As text does; half of one that never comes is shown as such."""
    halves = [[{"text": "a\ud83d", "thought": True}], [{"text": "\ude00", "thought": True}]]
    assert [chunk.reasoning for chunk in _stream(halves)[0]] == ["a", "\U0001f600", ""]
    assert [chunk.reasoning for chunk in _stream(halves[:1])[0]] == ["a", "\ufffd", ""]


CALLS = [
    pytest.param([_call(args={"a": 1})], [("f", {"a": 1}, '{"a": 1}')], id="arguments"),
    pytest.param([_call()], [("f", {}, "{}")], id="no args"),
    pytest.param([{"functionCall": {"name": "f", "args": None}}], [("f", {}, "{}")], id="null"),
    pytest.param([_call(args="")], [("f", {}, "{}")], id="empty text"),
    pytest.param([_call(args=[1])], [("f", [1], "[1]")], id="a list"),
    pytest.param(
        [_call("f"), {"text": "x"}, _call("g", {"a": 1})],
        [("f", {}, "{}"), ("g", {"a": 1}, '{"a": 1}')],
        id="two",
    ),
    pytest.param([{"functionCall": {}}, {"functionCall": None}], [], id="empty"),
    pytest.param([{"functionCall": {"args": {"a": 1}}}], [], id="no name"),
    pytest.param([{"functionCall": "f"}, {"functionCall": ["f"]}], [], id="no object"),
    pytest.param([_call(7), _call("")], [], id="names that are none"),
]


@pytest.mark.parametrize("finish", ["STOP", "MAX_TOKENS"])
@pytest.mark.parametrize(("parts", "calls"), CALLS)
def test_calls_are_the_callers_to_run(parts, calls, finish):
    """Whole, in one event and in several they are the same, and complete: they come whole."""
    whole = _whole(parts, finish).tool_calls
    assert [(call.name, call.arguments, call.arguments_text) for call in whole] == calls
    assert all(call.complete for call in whole)
    for events in ([parts], [[part] for part in parts]):
        chunks, _ = _stream(events, finish)
        assert _calls(chunks) == whole
        pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
        assert [(piece.index, piece.name) for piece in pieces] == [
            (i, name) for i, (name, *_) in enumerate(calls)
        ]


def test_call_of_a_stream_that_breaks_off_is_whole():
    """Nothing of it is still to come, also where it has no arguments."""
    chunks, _ = _stream([[_call()]], finish=None)
    assert [call.complete for call in _calls(chunks)] == [True]


@pytest.mark.parametrize("args", [{"é": "\ud83d"}, "\ud83d"], ids=["an object", "a text"])
def test_call_with_half_a_character_can_be_sent_back(args):
    """Its arguments, name and id are text that a request can hold."""
    part = {"functionCall": {"name": "f\ud83d", "args": args, "id": "\ud83d"}}
    [call] = _whole([part]).tool_calls
    assert (call.name, call.id) == ("f\ufffd", "\ufffd")
    call.arguments_text.encode()


def test_calls_have_the_vendors_ids_or_made_ones():
    """A made one is the same each time, and different for each call."""
    answer = _whole([_call(), _call(), {"functionCall": {"name": "f", "id": "a1"}}])
    first, second, third = (call.id for call in answer.tool_calls)
    assert (third, first != second) == ("a1", True)
    assert answer.tool_calls == _whole([_call(), _call(), answer_part("a1")]).tool_calls


def answer_part(call_id):
    """Give a part with a call that has an id."""
    return {"functionCall": {"name": "f", "id": call_id}}


PIECES = [
    pytest.param(
        [
            {"functionCall": {"name": "f", "willContinue": True}},
            _piece(("$.city", {"stringValue": "Par", "willContinue": True})),
            _piece(("$.city", {"stringValue": "is"})),
            _piece(("$.days", {"numberValue": 3}), ("$.sunny", {"boolValue": False})),
            _piece(("$.note", {"nullValue": "NULL_VALUE"})),
            {"functionCall": {}},
        ],
        {"city": "Paris", "days": 3, "sunny": False, "note": None},
        True,
        id="values",
    ),
    pytest.param(
        [_piece(("$.a", {"numberValue": 1}), name="f", go=False)], {"a": 1}, True, id="one"
    ),
    pytest.param(
        [_piece(("$.a", {"numberValue": 1}), name="f"), {"text": "x"}], '{"a": 1', False, id="cut"
    ),
    pytest.param([{"functionCall": {"name": "f", "willContinue": True}}], "{", False, id="begun"),
    pytest.param(
        [
            {"functionCall": {"name": "f", "willContinue": True, "args": {"a": 1}}},
            _piece(("b", {"numberValue": 1}), ("$.b", {}), (7, {}), ("$.c", {"stringValue": "x"})),
            {"functionCall": {"willContinue": None, "partialArgs": ["odd", None]}},
        ],
        {"a": 1, "b": None, "c": "x"},
        True,
        id="odd",
    ),
]


@pytest.mark.parametrize(("parts", "arguments", "complete"), PIECES)
def test_arguments_in_pieces_are_put_together(parts, arguments, complete):
    """A call whose end does not come before the answer's is not complete."""
    [call] = _whole(parts).tool_calls
    assert (call.name, call.arguments, call.complete) == ("f", arguments, complete)
    chunks, verbatim = _stream([[part] for part in parts])
    assert _calls(chunks) == (call,)
    assert verbatim is None


def test_call_in_pieces_goes_back_whole():
    """With its signature, wherever that came, and the call behind it as one of its own."""
    parts = [
        {"functionCall": {"name": "f", "id": "a1", "willContinue": True}},
        {**_piece(("$.a", {"stringValue": "x"})), "thoughtSignature": "Cg=="},
        _call("g"),
    ]
    kept = {
        "functionCall": {"name": "f", "id": "a1", "args": {"a": "x"}},
        "thoughtSignature": "Cg==",
    }
    assert _whole(parts)._verbatim == {"parts": [kept, _call("g")]}
    assert _stream([[part] for part in parts])[1] == {"parts": [kept, _call("g")]}


@pytest.mark.parametrize(
    ("path", "value", "after"),
    [
        ("$.a", "y", {"a": "xy"}),
        ("$.a", 1, {"a": 1}),
        ("$['a']", "y", {"a": "xy"}),
        ('$["b.c"]', "y", {"a": "x", "b.c": "y"}),
        ("$.b.c", 1, {"a": "x", "b": {"c": 1}}),
        ("$.b[0]", 1, {"a": "x", "b": [1]}),
        ("$.b[0][0].c", 1, {"a": "x", "b": [[{"c": 1}]]}),
        ("$.b[1]", 1, {"a": "x", "b": []}),
        ("$.b[123456789]", 1, {"a": "x", "b": []}),
        ("$.a.b", 1, {"a": "x"}),
        ("$.a[0]", 1, {"a": "x"}),
        ("$[0]", 1, {"a": "x"}),
        ("$", 1, {"a": "x"}),
        ("a", 1, {"a": "x"}),
        ("$.b*", 1, {"a": "x", "b*": 1}),
        ("$..b", 1, {"a": "x"}),
        ("$" + ".b" * 200, 1, {"a": "x"}),
        ("", 1, {"a": "x"}),
    ],
    ids=str,
)
def test_value_is_put_where_its_path_says(path, value, after):
    """Texts grow; a path that can't be followed changes nothing."""
    arguments = {"a": "x"}
    put(arguments, path, value)
    assert copy_json(arguments) == after


KEPT = [
    pytest.param([{"text": "a"}], None, id="text"),
    pytest.param([{"text": "a", "thought": True}, {"text": "b"}], None, id="a thought"),
    pytest.param([_call(args={"a": 1})], None, id="a call"),
    pytest.param([{"text": "a", "thoughtSignature": None}], None, id="no signature"),
    pytest.param([{"functionCall": {"name": "f", "id": None}}], None, id="no id"),
    pytest.param([{}, {"text": 7}, {"text": ""}], None, id="nothing"),
    pytest.param([{"text": "a"}, SIGNED], [{"text": "a"}, SIGNED], id="signed behind the text"),
    pytest.param(
        [{"text": "a"}, {"text": "b"}, SIGNED, {"text": "c"}, {"text": ""}, {"text": "d"}],
        [{"text": "ab"}, SIGNED, {"text": "cd"}],
        id="neighbours",
    ),
    pytest.param(
        [{"text": "hm", "thought": True}, _call(thoughtSignature="Cg=="), _call("g")],
        [_call(thoughtSignature="Cg=="), _call("g")],
        id="signed call",
    ),
    pytest.param(
        [{"text": "hm", "thought": True, "thoughtSignature": "Cg=="}, {"text": "a"}],
        [{"text": "hm", "thought": True, "thoughtSignature": "Cg=="}, {"text": "a"}],
        id="signed thought",
    ),
    pytest.param([answer_part("a1")], [answer_part("a1")], id="an id"),
    pytest.param(
        [{"text": "a"}, CODE, RESULT, IMAGE], [{"text": "a"}, CODE, RESULT, IMAGE], id="code, data"
    ),
    pytest.param([{"newKind": 1}], [{"newKind": 1}], id="unknown"),
    pytest.param(
        [{"text": "a\ud83d", "thoughtSignature": "Cg=="}],
        [{"text": "a\ufffd", "thoughtSignature": "Cg=="}],
        id="half a character",
    ),
]


@pytest.mark.parametrize(("parts", "kept"), KEPT)
def test_parts_that_say_more_than_text_and_calls_go_back(parts, kept):
    """Signatures stay in their places, neighbouring texts are joined; whole and streamed alike."""
    kept = kept and {"parts": kept}
    answer = _whole(parts)
    assert answer._verbatim == kept
    for events in ([parts], [[part] for part in parts]):
        assert _stream(events)[1] == kept
        assert _stream(events, keeps=False)[1] is None
    if kept:
        text, called = understand(kept)
        assert text == answer.content
        assert [call[1:] for call in called] == [
            (call.name, call.arguments) for call in answer.tool_calls
        ]


def test_text_that_is_cut_within_a_character_goes_back_whole():
    """It is mended when it is joined, not before."""
    events = [[{"text": "a\ud83d"}], [{"text": "\ude00"}], [SIGNED]]
    assert _stream(events)[1] == {"parts": [{"text": "a\U0001f600"}, SIGNED]}


@pytest.mark.parametrize(
    ("verbatim", "told"),
    [
        ({}, ("", [])),
        ({"parts": None}, ("", [])),
        ({"parts": "x"}, ("", [])),
        ({"parts": [None, "x", {"text": 7}, {"functionCall": "f"}]}, ("", [])),
        (
            {"parts": [{"text": "a"}, {"text": "b", "thought": True}, _call()]},
            ("a", [(None, "f", {})]),
        ),
    ],
    ids=str,
)
def test_what_goes_back_is_understood_whatever_it_holds(verbatim, told):
    """It has been in the caller's hands."""
    assert understand(verbatim) == told


def test_choices_hold_all_candidates():
    """The first is the response; each has its own text, thoughts, calls, sources and reason."""
    other = {
        **wire.candidate([{"text": "hm", "thought": True}, {"text": "b"}, _call()], "STOP"),
        "index": 1,
        "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example"}}]},
    }
    answer = GeminiCodec().parse_chat(
        wire.whole_answer(candidates=[other, wire.candidate([{"text": "a"}], "MAX_TOKENS")])
    )
    first, second = answer.choices
    assert (answer.content, first.content, first.finish_reason) == ("a", "a", "length")
    assert (second.content, second.reasoning, second.finish_reason) == ("b", "hm", "tool_calls")
    assert [call.name for call in second.tool_calls] == ["f"]
    assert [citation.url for citation in second.citations] == ["https://a.example"]


def _web(number):
    return {"web": {"uri": f"https://{number}.example", "title": f"Page {number}"}}


SOURCES = [
    pytest.param({"groundingMetadata": {"groundingChunks": [_web(1)]}}, _web(1), id="web"),
    pytest.param(
        {
            "groundingMetadata": {
                "groundingChunks": [_web(1), _web(1), None, "x", {}, {"web": None}]
            }
        },
        _web(1),
        id="repeated and odd",
    ),
    pytest.param({"groundingMetadata": None, "citationMetadata": []}, None, id="none"),
    pytest.param({"groundingMetadata": {"groundingChunks": None}}, None, id="null"),
    pytest.param({"groundingMetadata": {"groundingChunks": [{"web": {}}]}}, None, id="empty"),
    pytest.param(
        {"urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "https://1.example"}]}},
        None,
        id="a page that was read",
    ),
    pytest.param(
        {"citationMetadata": {"citationSources": [_web(1)["web"]]}}, _web(1)["web"], id="recited"
    ),
    pytest.param(
        {"citationMetadata": {"citations": [_web(1)["web"]]}}, _web(1)["web"], id="Vertex"
    ),
]


@pytest.mark.parametrize(("fields", "raw"), SOURCES)
def test_sources_are_citations(fields, raw):
    """Each once, with the vendor's own JSON."""
    citations = _whole([{"text": "a"}], **fields).citations
    expected = Citation(url="https://1.example", title="Page 1", raw=raw)
    assert citations == ((expected,) if raw else ())


def test_sources_that_events_repeat_are_told_once():
    """On the chunk of the event that tells of them first."""
    reader = AnswerReader(GeminiCodec())
    body = b"".join(
        wire.chunk_event(
            [wire.candidate([{"text": "a"}]) | {"groundingMetadata": {"groundingChunks": chunks}}]
        )
        for chunks in ([_web(1)], [_web(1), _web(2)], [_web(1), _web(2)])
    )
    chunks = reader.feed(body + wire.finish_event())
    urls = [[citation.url for citation in chunk.citations] for chunk in chunks]
    assert urls == [["https://1.example"], ["https://2.example"], []]
