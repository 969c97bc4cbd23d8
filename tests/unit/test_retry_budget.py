"""What a retry costs, when it is paid, and who shares a purse."""

from __future__ import annotations

import itertools
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_connectivity import (
    LLMClient,
    LLMError,
    MockAdapter,
    MockReply,
    NetworkError,
    ProviderError,
    RateLimitError,
    RetryPolicy,
    ValidationError,
)
from llm_connectivity.retry_budget import RetryBudget

DOWN = ProviderError("It is down.")
CUT_FIRST, CUT_LATER = MockReply(cut_after=0), MockReply(pieces=["a", "b"], cut_after=1)
HINT = "The client's retry budget is spent"


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request):
    """Ask for whole and for streamed answers."""
    return request.param


def _ask(client, streamed=False, **options):
    """Ask once; give how many retries it took and the error, if any."""
    try:
        if streamed:
            attempts = client.chat_stream("x", **options).collect().attempts
        else:
            attempts = client.chat("x", **options).attempts
    except LLMError as error:
        return len(error.attempts) - 1, error
    return len(attempts) - 1, None


def _spend(client, **options):
    """Fail until no retry is left; give how many there were."""
    return sum(_ask(client, **options)[0] for _ in range(15))


def _client(*replies, naps=None, **settings):
    """Make a client whose last reply is given for ever."""
    script = itertools.chain(replies, itertools.repeat(replies[-1]))
    sleep = [].append if naps is None else naps.append
    retry = RetryPolicy(sleep=sleep, jitter=0)
    return LLMClient(adapter=MockAdapter(replies=script), **{"retry": retry, **settings})


def _taken(budget):
    return sum(1 for _ in iter(budget.take, False))


def test_budget_holds_ten():
    """However often there was success before."""
    budget = RetryBudget()
    for _ in range(50):
        budget.give_back()
    assert (_taken(budget), _taken(budget)) == (10, 0)


@pytest.mark.parametrize(("successes", "retries"), [(9, 0), (10, 1), (19, 1), (30, 3), (1000, 10)])
def test_budget_gets_a_tenth_back_for_each_success(successes, retries):
    """To the letter: tenths add up."""
    budget = RetryBudget()
    _taken(budget)
    for _ in range(successes):
        budget.give_back()
    assert _taken(budget) == retries


def test_budget_is_counted_right_by_many_threads():
    """No token is taken twice, wherever they take turns."""

    class Hesitant(RetryBudget):
        @property
        def _tenths(self):
            seen = self._seen
            time.sleep(0.0001)
            return seen

        @_tenths.setter
        def _tenths(self, number):
            self._seen = number

    budget = Hesitant()
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(lambda _: budget.take(), range(100))) == 10


def test_spent_budget_raises_at_once_and_says_so(streamed, naps, caplog):
    """No wait, one log record, and the way out in the hint; the error stays retryable."""
    with _client(RateLimitError, naps=naps) as client:
        assert _spend(client) == len(naps) == 10
        with caplog.at_level(logging.INFO, "llm_connectivity"):
            retries, error = _ask(client, streamed)
    assert (retries, len(naps), error.retryable) == (0, 10, True)
    assert HINT in error.hint
    assert "retry_budget=False" in str(error)
    spent = "no retry for mock/demo after RateLimitError: the client's retry budget is spent"
    assert [record.message for record in caplog.records] == [spent]


def test_spent_budget_is_told_behind_what_else_there_is_to_say():
    """An error's own hint stays."""
    with _client(ProviderError("down", hint="Look at the status page.")) as client:
        _spend(client)
        assert _ask(client)[1].hint.startswith(f"Look at the status page. {HINT}")


@pytest.mark.parametrize(
    "reply",
    [ValidationError("no"), ProviderError("no", retryable=False), RateLimitError(retry_after=999)],
    ids=["at fault", "says no", "long hint"],
)
def test_what_is_not_tried_again_costs_nothing(reply, streamed):
    """The budget is asked last, and not blamed."""
    with _client(*[reply] * 12, DOWN) as client:
        errors = [_ask(client, streamed)[1] for _ in range(12)]
        assert not any(HINT in str(error) for error in errors)
        assert _spend(client) == 10


def test_the_last_try_of_a_call_costs_nothing(streamed):
    """Nothing follows it."""
    with _client(DOWN) as client:
        for _ in range(12):
            assert HINT not in str(_ask(client, streamed, max_retries=0)[1])
        assert _spend(client, max_retries=1) == 10


def test_a_retry_that_the_deadline_forbids_costs_nothing(streamed):
    """The error names the deadline, not the budget."""
    with _client(DOWN) as client:
        for _ in range(12):
            retries, error = _ask(client, streamed, deadline=1)
            assert (retries, "The deadline leaves no time" in error.hint) == (0, True)
            assert HINT not in error.hint
        assert _spend(client) == 10


def test_max_retries_of_a_call_is_no_way_around():
    """It says how many at most."""
    with _client(DOWN) as client:
        _spend(client)
        assert _ask(client, max_retries=5)[0] == 0


def test_the_first_chunk_is_success():
    """Whatever comes of the stream later; a stream without one is a failure."""
    replies = [DOWN] * 13 + [CUT_FIRST] * 10 + [CUT_LATER] * 11 + [DOWN]
    with _client(*replies) as client:
        assert _ask(client, max_retries=20)[0] == 10
        assert [_ask(client)[0] for _ in range(2)] == [0, 0]
        assert [_ask(client, streamed=True)[0] for _ in range(10)] == [0] * 10
        assert _ask(client)[0] == 0
        for _ in range(10):
            next(client.chat_stream("x"))
        assert _spend(client) == 1


def test_a_stream_that_is_closed_while_it_is_opened_is_no_success():
    """Nor does it cost anything."""

    class Closing(MockAdapter):
        def open_stream(self, *args):
            stream.close()
            raise NetworkError("reset")

    adapter = Closing(replies=itertools.repeat(DOWN))
    with LLMClient(adapter=adapter, retry=RetryPolicy(sleep=[].append)) as client:
        _spend(client)
        for _ in range(20):
            stream = client.chat_stream("x")
            assert list(stream) == []
        assert _spend(client) == 0


def test_a_fallback_is_asked_when_the_budget_is_spent(streamed):
    """At once, and the trail shows one try of the first."""
    with _client(DOWN, fallbacks=[MockAdapter()]) as client:
        _spend(client, fallbacks=())
        answer = client.chat_stream("x").collect() if streamed else client.chat("x")
    assert [attempt.error for attempt in answer.attempts] == ["ProviderError", None]


def test_clients_made_from_one_share_its_budget():
    """Each other's retries are gone for all of them."""
    with _client(DOWN) as client:
        others = [client, client.with_options(timeout=5), client.with_options(retry_budget=True)]
        assert [_ask(one)[0] for one in others] == [3, 3, 3]
        assert [_ask(one)[0] for one in others] == [1, 0, 0]
    with _client(DOWN) as another:
        assert _ask(another)[0] == 3


def test_the_budget_is_switched_off_for_one_client():
    """The one it was made from keeps its own; there and back is where it began."""
    with _client(DOWN) as client:
        free = client.with_options(retry_budget=False)
        assert _spend(free) == 45
        assert _spend(client) == 10
        assert _ask(free.with_options(timeout=5))[0] == 3
        assert _ask(free.with_options(retry_budget=True))[0] == 0


@pytest.mark.parametrize("value", ["yes", 1, 0, 10.0])
def test_the_budget_is_a_switch(value):
    """Anything else than True and False is refused."""
    with pytest.raises(ValidationError, match="retry_budget must be"):
        LLMClient("mock/demo", retry_budget=value)


def test_an_interruption_is_no_success(streamed):
    """Ctrl-C during a try earns nothing."""

    class Interrupted(MockAdapter):
        def _open(self, *args):
            if args[0].messages[0]["content"] == "wait":
                raise KeyboardInterrupt
            return super()._open(*args)

    adapter = Interrupted(replies=itertools.repeat(DOWN))
    with LLMClient(adapter=adapter, retry=RetryPolicy(sleep=[].append)) as client:
        _spend(client)
        for _ in range(10):
            with pytest.raises(KeyboardInterrupt):
                client.chat_stream("wait").collect() if streamed else client.chat("wait")
        assert _spend(client) == 0
