"""The mock: what a script may hold, and what it says when it holds something else."""

from __future__ import annotations

import itertools

import pytest

from llm_connectivity import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    InsufficientCreditsError,
    LLMClient,
    MockAdapter,
    MockReply,
    NetworkError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)


def _client(*replies: object, **settings: object) -> LLMClient:
    return LLMClient(adapter=MockAdapter(replies=replies), max_retries=0, **settings)


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ("Hello to you", ["Hello", " to", " you"]),
        (["He", "llo"], ["He", "llo"]),
        (MockReply("one two"), ["one", " two"]),
        (MockReply(pieces=("a", "b")), ["a", "b"]),
        ("two  blanks", ["two", " ", " blanks"]),
        ("", []),
        ("\ud83d\ude00 pairs", ["\U0001f600", " pairs"]),
    ],
    ids=repr,
)
def test_mock_reply_is_streamed_in_pieces(reply: object, pieces: list[str]):
    """A text word by word, with the blanks; a list as it is. Joined, it is the text."""
    with _client(reply, reply) as client:
        *texts, closing = client.chat_stream("Hi")
        assert [chunk.content for chunk in texts] == pieces
        assert closing.finish_reason == "stop"
        assert client.chat("Hi").content == "".join(pieces)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (RateLimitError, RateLimitError),
        (RateLimitError("slow", retry_after=3), RateLimitError),
        (MockReply(status=529, text="busy"), OverloadedError),
        (MockReply(text="gone", cut_after=0), NetworkError),
        (MockReply(text="gone", error=ProviderError), ProviderError),
    ],
    ids=["class", "object", "status", "cut", "error"],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_mock_failures_are_those_of_a_provider(reply: object, error: type, streamed: bool):
    """Whole and streamed."""
    with _client(reply) as client, pytest.raises(error) as caught:
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
    assert caught.value.provider == "mock"


def test_mock_keeps_to_the_timeout():
    """A piece that takes longer than the caller waits is a read timeout; nobody sleeps for it."""
    naps: list[float] = []
    adapter = MockAdapter(replies=[MockReply(text="late", delay=9)], sleep=naps.append)
    with LLMClient(adapter=adapter, timeout=2, max_retries=0) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            client.chat("Hi")
    assert (caught.value.code, naps) == ("read_timeout", [2])


def test_mock_hints_are_read_from_headers(policy, naps):
    """As a server's."""
    limited = MockReply(status=429, text="slow", headers={"retry-after": "7"})
    with LLMClient(adapter=MockAdapter(replies=[limited, "Hi"]), retry=policy) as client:
        assert client.chat("Hi").content == "Hi"
    assert naps == [7]


def test_mock_script_that_is_over_says_so():
    """Instead of an answer that nobody wrote; an endless script never is."""
    with _client("one") as client:
        client.chat("Hi")
        with pytest.raises(ValidationError, match="no reply left for request 2"):
            client.chat("Hi")
    with LLMClient(adapter=MockAdapter(replies=itertools.repeat("Hi"))) as client:
        assert [client.chat("?").content for _ in range(3)] == ["Hi"] * 3


@pytest.mark.parametrize("replies", ["Hi", b"Hi", {"a": 1}, MockReply(text="Hi")], ids=repr)
def test_mock_replies_are_a_list(replies: object):
    """A single one is most likely a slip."""
    with pytest.raises(ValidationError, match="list of replies"):
        MockAdapter(replies=replies)


@pytest.mark.parametrize("reply", [7, None, {"text": "Hi"}, ValueError, [1, 2]], ids=repr)
def test_mock_reply_of_a_wrong_type_is_refused(reply: object):
    """With what it may be."""
    with _client(reply) as client, pytest.raises(ValidationError, match="a mock reply can't be"):
        client.chat("Hi")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", b"Hi"),
        ("pieces", "Hi"),
        ("pieces", [1]),
        ("delay", -1),
        ("delay", "1"),
        ("finish_reason", 1),
        ("usage", (1, 2, 3)),
        ("usage", "guessed"),
        ("usage", (2**63, 1)),
        ("cut_after", -1),
        ("error", ValueError("no error of ours")),
        ("status", 99),
        ("code", 429),
        ("headers", "retry-after: 1"),
    ],
    ids=str,
)
def test_mock_reply_with_a_wrong_field_is_refused(field: str, value: object):
    """When the script is written, by name."""
    with pytest.raises(ValidationError, match=f"MockReply: {field}"):
        MockReply(**{field: value})


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (429, None, RateLimitError),
        (429, "insufficient_quota", InsufficientCreditsError),
        (503, "overloaded", OverloadedError),
        (503, "insufficient_quota", ProviderError),
        (400, "context_length_exceeded", ContextWindowExceededError),
        (400, "content_filter", ContentFilterError),
        (401, "content_filter", AuthenticationError),
    ],
)
def test_mock_codes_refine_their_status(status: int, code: str | None, error: type):
    """As those of a provider do."""
    with _client(MockReply(status=status, code=code)) as client:
        with pytest.raises(error) as caught:
            client.chat("Hi")
    assert (type(caught.value), caught.value.code) == (error, code)


def test_mock_refuses_a_text_that_is_not_its_pieces():
    """One of the two would be lost."""
    with pytest.raises(ValidationError, match="text or pieces"):
        MockReply(text="a", pieces=["b"])
    assert MockReply(text="ab", pieces=["a", "b"]).split() == ("a", "b")


@pytest.mark.parametrize(
    "settings", [{"unsupported": 5}, {"unsupported": [[]]}, {"sleep": 1}], ids=str
)
def test_mock_settings_of_a_wrong_type_are_refused(settings: dict[str, object]):
    """When it is made, by name."""
    with pytest.raises(ValidationError, match=next(iter(settings))):
        MockAdapter(**settings)


def test_mock_refuses_to_lack_what_there_is_not():
    """A misspelt option would go unnoticed."""
    with pytest.raises(ValidationError, match="names no option: 'sede'"):
        MockAdapter(unsupported=["sede"])


def test_mock_error_object_is_not_shared_by_calls():
    """Each call writes its own attempts on the error."""
    with _client(*[ProviderError("No.", retryable=False)] * 2) as client:
        errors = []
        for _ in range(2):
            with pytest.raises(ProviderError) as caught:
                client.chat("Hi")
            errors.append(caught.value)
    assert [len(error.attempts) for error in errors] == [1, 1]
    assert errors[0] is not errors[1]


def test_mock_may_lack_an_option():
    """To see what one's program does then."""
    lacking = MockAdapter(replies=itertools.repeat("Hi"), unsupported=["seed"])
    with LLMClient(adapter=lacking) as client:
        with pytest.raises(ValidationError, match="mock has no option 'seed'"):
            client.chat("Hi", seed=1)
        response = client.chat("Hi", seed=1, temperature=0, drop_unsupported=True)
    assert response.warnings == ("mock has no option 'seed': dropped.",)
    assert dict(lacking.requests[0].options) == {"temperature": 0}


def test_mock_usage_counts_words_and_pieces_or_is_what_the_script_says():
    """``None`` sends none."""
    with _client(
        "a b", MockReply(text="a", usage=(5, 6)), MockReply(text="a", usage=None)
    ) as client:
        counted, scripted, none = (client.chat("one two three").usage for _ in range(3))
    assert (counted.prompt_tokens, counted.completion_tokens) == (3, 2)
    assert scripted.total_tokens == 11
    assert none is None


def test_raise_on_filter_makes_a_filtered_answer_an_error():
    """Whole and streamed; without it the text that came is the answer."""
    from llm_connectivity import ContentFilterError

    filtered = MockReply(text="Half an", finish_reason="content_filter")
    with _client(filtered, filtered, filtered) as client:
        assert client.chat("Hi").finish_reason == "content_filter"
        with pytest.raises(ContentFilterError):
            client.chat("Hi", raise_on_filter=True)
        stream = client.chat_stream("Hi", raise_on_filter=True)
        with pytest.raises(ContentFilterError) as caught:
            list(stream)
    assert caught.value.partial_text == "Half an"


def test_mock_thinks_and_calls():
    """Whole and streamed, with a finish reason that says so."""
    reply = MockReply(text="Well.", reasoning="Hm.", tool_calls=[("add", {"x": 1}), ("now", "")])
    with _client(reply, reply) as client:
        for response in (client.chat("?"), client.chat_stream("?").collect()):
            assert (response.content, response.reasoning) == ("Well.", "Hm.")
            assert [(c.id, c.name, c.arguments) for c in response.tool_calls] == [
                ("call_1", "add", {"x": 1}),
                ("call_2", "now", {}),
            ]
            assert response.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("given", "said"), [("length", "length"), ("stop", "tool_calls"), (None, None)], ids=str
)
def test_mock_says_that_it_calls(given: str | None, said: str | None):
    """Unless another reason is given."""
    reply = MockReply(tool_calls=[("now", {})], finish_reason=given)
    with _client(reply) as client:
        assert client.chat("?").finish_reason == said


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"reasoning": 1}, "reasoning must be a string, not 1"),
        ({"tool_calls": "add"}, "tool_calls must be a list of (name, arguments), not 'add'"),
        ({"tool_calls": ["add"]}, "tool_calls must be a list of (name, arguments)"),
        ({"tool_calls": [("add",)]}, "tool_calls must be a list of (name, arguments)"),
        ({"tool_calls": [("add", 1)]}, "tool_calls must be a list of (name, arguments)"),
        ({"tool_calls": [(1, {})]}, "tool_calls must be a list of (name, arguments)"),
        (
            {"tool_calls": [("now", {}), ("add", {"x": {1}})]},
            "arguments of tool_calls[1]['x'] is a set, which JSON can't hold",
        ),
    ],
    ids=["reasoning", "text", "name", "one", "number", "no name", "no JSON"],
)
def test_mock_refuses_what_it_can_not_say(fields: dict, named: str):
    """When it is scripted, and not when it is asked."""
    with pytest.raises(ValidationError) as caught:
        MockReply(**fields)
    assert named in caught.value.message


def test_mock_takes_every_kind_of_message():
    """Parts, calls and results are kept on `requests` as they were checked; words are counted."""
    adapter = MockAdapter(["Hi"])
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "one two"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "three"},
    ]
    with LLMClient(adapter=adapter) as client:
        response = client.chat(messages)
    assert list(adapter.requests[0].messages) == messages
    assert response.usage and response.usage.prompt_tokens == 3
