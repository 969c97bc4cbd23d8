"""What a message on OpenAI's wire holds, in every spelling."""

import pytest

from llm_connectivity.types import Citation
from llm_connectivity.wires.openai_chat.message import (
    read_citations,
    read_reasoning,
    read_sources,
    read_text,
    read_thinking,
)


def _text(text):
    return {"type": "text", "text": text}


def _thinking(*texts):
    return {"type": "thinking", "thinking": [_text(text) for text in texts]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(None, "", id="null"),
        pytest.param("", "", id="empty"),
        pytest.param(" a\n", " a\n", id="a text is left as it is"),
        pytest.param([], "", id="no parts"),
        pytest.param([_text("a"), _text(" b")], "a b", id="parts are joined"),
        pytest.param([_thinking("hm"), _text("a")], "a", id="thoughts are no text"),
        pytest.param([{"type": "reference", "reference_ids": [1]}, _text("a")], "a", id="others"),
        pytest.param([None, 1, [], _text("a")], "a", id="what is no part is left out"),
        pytest.param([_text(None), _text(1), {"type": "text"}], "", id="parts without a text"),
        pytest.param({"é": [1, None]}, '{"é": [1, null]}', id="JSON is written as a text"),
        pytest.param([1, 2], "[1, 2]", id="a list too"),
        pytest.param(0, "0", id="a number"),
        pytest.param(False, "false", id="a truth value"),
    ],
)
def test_message_text_is_read(content, text):
    """A text, the texts of a list's parts, or the JSON that somebody has parsed."""
    assert read_text(content) == text


@pytest.mark.parametrize(
    ("message", "reasoning"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"reasoning_content": "a"}, "a", id="reasoning_content"),
        pytest.param({"reasoning": "a"}, "a", id="reasoning"),
        pytest.param({"reasoning_content": "a", "reasoning": "b"}, "a", id="the first counts"),
        pytest.param({"reasoning_content": "", "reasoning": "b"}, "b", id="that has something"),
        pytest.param({"reasoning_content": None, "reasoning": {"a": 1}}, "", id="no texts"),
        pytest.param(
            {"reasoning": "a", "reasoning_details": [{"text": "a"}]}, "a", id="never twice"
        ),
        pytest.param(
            {"reasoning_details": [{"text": "a"}, {"summary": "b"}, {"data": "c"}]},
            "ab",
            id="texts and summaries of the details",
        ),
        pytest.param(
            {"reasoning_details": [{"text": None, "summary": "b"}, None, {"text": 1}]},
            "b",
            id="odd details",
        ),
        pytest.param({"reasoning_details": {"text": "a"}}, "", id="details that are no list"),
        pytest.param({"content": [_thinking("a", "b"), _text("c")]}, "ab", id="thinking parts"),
        pytest.param({"content": [{"type": "thinking", "thinking": "a"}]}, "a", id="of a text"),
        pytest.param({"content": [{"type": "thinking", "thinking": None}]}, "", id="of nothing"),
        pytest.param(
            {"content": [{"type": "reasoning", "summary": [_text("a"), _text("b")]}, _text("c")]},
            "ab",
            id="reasoning parts",
        ),
        pytest.param({"content": [{"type": "reasoning", "summary": "a"}]}, "", id="odd parts"),
        pytest.param(
            {"reasoning_content": "a", "content": [_thinking("b")]}, "a", id="a field before parts"
        ),
    ],
)
def test_message_reasoning_is_read_once(message, reasoning):
    """From the first of its spellings that has something."""
    assert read_reasoning(message) == reasoning


def test_message_thinking_is_that_of_thinking_parts_alone():
    """A part with another name, or a text in place of the list, is none."""
    assert read_thinking([{"type": "text", "thinking": "a"}, _thinking("b")]) == "b"
    assert read_thinking("a") == ""


_PAGE = {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3}


@pytest.mark.parametrize(
    ("annotation", "citation"),
    [
        pytest.param(
            {"type": "url_citation", "url_citation": _PAGE},
            Citation(
                url="https://a.example",
                title="A",
                raw={"type": "url_citation", "url_citation": _PAGE},
            ),
            id="a page",
        ),
        pytest.param(
            {"type": "url_citation", **_PAGE},
            Citation(url="https://a.example", title="A", raw={"type": "url_citation", **_PAGE}),
            id="its fields without an object around them",
        ),
        pytest.param(
            {"url_citation": {"url": "https://a.example", "content": "words", "title": None}},
            Citation(
                url="https://a.example",
                cited_text="words",
                raw={
                    "url_citation": {"url": "https://a.example", "content": "words", "title": None}
                },
            ),
            id="with what is quoted",
        ),
    ],
)
def test_message_annotations_name_pages(annotation, citation):
    """Address, title and quotation; the annotation itself stays beside them."""
    assert read_citations({"annotations": [annotation]}) == [citation]


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param(None, id="null"),
        pytest.param("https://a.example", id="a text"),
        pytest.param([None, "x", 1], id="odd ones"),
        pytest.param([{"type": "file", "file": {"hash": "0"}}], id="files"),
        pytest.param([{"url_citation": None}], id="null within"),
        pytest.param([{"url_citation": {"url": ""}}], id="no address"),
        pytest.param([{"url_citation": {"url": 1}}], id="an address that is no text"),
    ],
)
def test_message_annotations_without_a_page_are_none(annotations):
    """What names no page is no source, and no failure."""
    assert read_citations({"annotations": annotations}) == []


def test_answer_search_results_are_its_sources():
    """With what they quote; the bare addresses of the same ones are not told again."""
    result = {"url": "https://a.example", "title": "A", "snippet": "words", "date": None}
    body = {"search_results": [result, {"title": "no address"}, None], "citations": ["https://b"]}
    assert read_sources(body) == [
        Citation(url="https://a.example", title="A", cited_text="words", raw=result)
    ]


@pytest.mark.parametrize("results", [None, [], "x", [{"url": None}]], ids=repr)
def test_answer_addresses_are_its_sources(results):
    """Where there are no search results; what is no address is left out."""
    body = {"search_results": results, "citations": ["https://b", "", None, {"url": "x"}]}
    assert read_sources(body) == [Citation(url="https://b", raw={"url": "https://b"})]


@pytest.mark.parametrize("citations", [None, "https://b", {"url": "x"}, 1], ids=repr)
def test_answer_without_a_list_of_sources_has_none(citations):
    """Whatever stands there instead."""
    assert read_sources({"citations": citations}) == []
