"""Statuses other than 200, and what a server says with them."""

from __future__ import annotations

import json

from tests.faults.scenarios.scenario import ALL, OPENAI, Scenario, fails, recovers
from tests.faults.scenarios.voice import HTML, Voice
from tests.server import Cut, Drip, Entry, Reply, Send, json_reply
from tests.worlds import KEY

_CONTEXT = {
    "openai": "This model's maximum context length is 128000 tokens.",
    "anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
    "google": "The input token count (1100000) exceeds the maximum number of tokens allowed.",
}


def _refused(name: str, status: int, error: str, what: str, **differs: object) -> Scenario:
    """What asking again can't mend: one request, in the wire's own form."""
    return Scenario(
        name=name,
        what=what,
        promises=(4, 5, 8),
        play=lambda v: (v.failure(status), v.hello),
        expect=fails(error, status=status, retryable=False, waits=()),
        differs=differs,
    )


def _passing(name: str, status: int, error: str, what: str, **differs: object) -> Scenario:
    """What may pass by waiting: the second request is answered."""
    return Scenario(
        name=name,
        what=what,
        promises=(3, 4, 8),
        play=lambda v: (v.failure(status), v.hello),
        expect=recovers(error, waits=(2.0,)),
        differs=differs,
    )


def _cut_failure(voice: Voice) -> Entry:
    body = json.dumps(voice.world.error_body("It says no.", 500)).encode()
    steps = (Send(body[:20]), Cut(), Send(body[20:]))
    return Reply(steps, 500, framing="length")


SCENARIOS = (
    _refused("status-400-plain", 400, "ValidationError", "400: the request is wrong"),
    Scenario(
        name="status-400-context",
        what="400: the conversation is too long",
        promises=(8,),
        play=lambda v: (v.failure(400, _CONTEXT[v.name]), v.hello),
        expect=fails("ContextWindowExceededError", status=400, retryable=False),
    ),
    Scenario(
        name="status-400-filter",
        what="400: the provider's content filter refused the prompt",
        promises=(8,),
        wires=OPENAI,
        play=lambda v: (
            json_reply(v.wire.error_body("The prompt was filtered.", code="content_filter"), 400),
            v.hello,
        ),
        expect=fails("ContentFilterError", status=400, retryable=False),
    ),
    Scenario(
        name="key-refused",
        what="the provider refuses the key, in its own way",
        promises=(4, 8),
        play=lambda v: (
            v.document(v.world.refused_key()[0], status=v.world.refused_key()[1]),
            v.hello,
        ),
        expect=fails("AuthenticationError", retryable=False),
    ),
    _refused("status-401", 401, "AuthenticationError", "401: the key is refused"),
    _refused("status-402", 402, "InsufficientCreditsError", "402: there is no credit"),
    _refused("status-403", 403, "PermissionDeniedError", "403: the key may not do this"),
    _refused("status-404-own-form", 404, "ModelNotFoundError", "404: there is no such model"),
    Scenario(
        name="status-404-html",
        what="404, with a page: there is no API at this address",
        promises=(4, 8),
        play=lambda v: (v.page(HTML, status=404), v.hello),
        expect=fails("ProviderError", status=404, retryable=False),
    ),
    _passing("status-408", 408, "RequestTimeoutError", "408: the server gave up waiting"),
    _passing("status-409", 409, "ProviderError", "409: a conflict"),
    _refused("status-413", 413, "ValidationError", "413: the request is too large"),
    _refused("status-422", 422, "ValidationError", "422: the request is wrong"),
    _passing("status-500-once", 500, "ProviderError", "500, once"),
    Scenario(
        name="status-500-for-ever",
        what="500, each time",
        promises=(4, 5),
        play=lambda v: (v.failure(500),),
        expect=fails("ProviderError", requests=4, retryable=True, waits=(2.0, 3.0, 4.5)),
    ),
    Scenario(
        name="status-500-cut",
        what="500, and the connection breaks in the midst of its document",
        promises=(4,),
        wires=OPENAI,
        play=lambda v: (_cut_failure(v), v.hello),
        expect=recovers("ProviderError"),
    ),
    Scenario(
        name="status-502-html",
        what="502, with a proxy's page",
        promises=(4, 8),
        play=lambda v: (v.page(HTML, status=502), v.hello),
        expect=recovers("ProviderError"),
    ),
    _passing(
        "status-503",
        503,
        "ProviderError",
        "503: the server can't answer now",
        google=recovers("OverloadedError", waits=(2.0,)),
    ),
    _passing("status-504", 504, "ProviderError", "504: a gateway waited in vain"),
    _passing("status-529", 529, "OverloadedError", "529: the provider is overloaded"),
    Scenario(
        name="status-204",
        what="204: there is no content",
        promises=(10,),
        play=lambda v: (v.document(b"", status=204), v.hello),
        expect=fails("ProviderError", status=204, retryable=False),
    ),
    Scenario(
        name="status-429-endless",
        what="429, with a document that drips for ever; deadline=0.5",
        promises=(6,),
        wires=OPENAI,
        play=lambda v: (
            v.stream(Drip(b"{" * 500, 0.05), status=429, framing="close"),
            v.hello,
        ),
        settings={"deadline": 0.5},
        expect=fails("RateLimitError", status=429),
    ),
    Scenario(
        name="key-echoed",
        what="401, with the key in document and headers",
        promises=(13,),
        wires=ALL,
        play=lambda v: (v.failure(401, f"The key {KEY} is wrong.", (("x-echo", KEY),)),),
        expect=fails("AuthenticationError", shown=()),
    ),
    Scenario(
        name="redirect-to-another-origin",
        what="307 to another origin: prompt and key would go along",
        promises=(13,),
        play=lambda v: (
            v.document({}, status=307, headers=(("location", _elsewhere(v)),)),
            v.hello,
        ),
        expect=fails("ProviderError", status=307, retryable=False),
    ),
    Scenario(
        name="redirect-to-the-same-origin",
        what="308 to another path of the same server",
        promises=(13,),
        play=lambda v: (v.document({}, status=308, headers=(("location", "/v2"),)), v.hello),
        expect=fails("ProviderError", status=308, retryable=False),
    ),
)


def _elsewhere(voice: Voice) -> str:
    """Give the same server under another name, so that it would see a request that follows."""
    return f"http://localhost:{voice.world.server.port}/v1"
