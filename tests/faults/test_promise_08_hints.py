"""Promise 8: what the server says about asking again is kept."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from llm_connectivity import LLMError
from tests.faults.scenarios.voice import Voice
from tests.worlds import TEXT, WireWorld


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_promise_08_each_hint_in_a_row_is_kept(wire: WireWorld, naps: list[float], streamed: bool):
    """Seconds, milliseconds and a date, whatever wait would have been next."""
    voice = Voice(wire, streamed=streamed)
    date = formatdate(time.time() + 50, usegmt=True)
    hints = [("retry-after", "7"), ("retry-after-ms", "1500"), ("retry-after", date)]
    wire.server.add(*(voice.failure(429, headers=(hint,)) for hint in hints), voice.hello)
    client = wire.client()
    response = client.chat_stream("Hi").collect() if streamed else client.chat("Hi")
    assert response.content == TEXT
    assert naps[:2] == [7, 1.5]
    assert 30 < naps[2] <= 50


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_promise_08_what_cannot_pass_is_asked_once(wire: WireWorld, status: int):
    """Also where a hint invites to come back."""
    headers = (("retry-after", "1"), ("x-should-retry", "true"))
    wire.server.always(Voice(wire, streamed=False).failure(status, headers=headers))
    with pytest.raises(LLMError) as caught:
        wire.client().chat("Hi")
    assert (wire.request_count(), caught.value.retryable) == (1, False)
