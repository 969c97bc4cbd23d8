"""Promise 10: a 200 that is no answer is an error, whatever it is instead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_connectivity import LLMError
from tests.faults.scenarios.voice import Voice
from tests.worlds import WireWorld

_examples = settings(max_examples=40)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def _fails(wire: WireWorld, body: bytes, *, streamed: bool, content_type: str) -> None:
    """Ask for an answer, get this, and see that it is an error without any text."""
    headers = (("content-type", content_type),)
    reply = Voice(wire, streamed=streamed).page(body, content_type, id_header=None)
    assert reply.headers == headers
    wire.server.add(reply)
    client = wire.client(max_retries=0)
    with client, pytest.raises(LLMError) as caught:
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
    assert not caught.value.partial_text


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@given(body=st.binary(max_size=60).filter(lambda body: b"[DONE]" not in body))
@_examples
def test_promise_10_any_bytes_are_an_error(wire: WireWorld, streamed: bool, body: bytes):
    """Never an answer with an empty text, but for a marker that ends one on OpenAI's wire."""
    _fails(wire, body, streamed=streamed, content_type="text/event-stream")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@given(document=_values)
@_examples
def test_promise_10_any_json_of_somebody_else_is_an_error(
    wire: WireWorld, streamed: bool, document: object
):
    """However much it looks like a document of an API."""
    body = json.dumps(document).encode()
    _fails(wire, body, streamed=streamed, content_type="application/json")


@given(document=_values)
@_examples
def test_promise_10_any_json_in_an_event_is_an_error(wire: WireWorld, document: object):
    """A stream of nothing but it is not complete."""
    body = b"data: " + json.dumps(document).encode() + b"\n\n"
    _fails(wire, body, streamed=True, content_type="text/event-stream")
