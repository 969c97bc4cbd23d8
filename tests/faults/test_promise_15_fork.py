"""A client that was used before a fork works in both processes, and neither gets the other's."""

from __future__ import annotations

import gc
import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import pytest

from llm_connectivity import Hooks, LLMClient, LLMError
from tests.faults import phases
from tests.faults.children import Child, in_child, untraced
from tests.server import (
    Answer,
    LoopbackServer,
    Recorded,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.server.tls import TlsFront
from tests.worlds import KEY, TEXT, WireWorld

# Newer Pythons warn of what is tried here.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def _echo(request: Recorded) -> Answer:
    """Answer with the prompt, so that another's answer shows."""
    text = request.json["messages"][0]["content"]
    if openai_wire.wants_stream(request):
        return stream_reply(*openai_wire.stream_steps(request, (text,), 0.0))
    return json_reply(openai_wire.whole_answer(text))


def _ask(client: LLMClient, name: str, count: int = 20) -> list[str]:
    """Ask so many questions, and give those that got another answer than their own, or none."""
    strange = []
    for number in range(count):
        question = f"{name} {number}"
        try:
            if number % 2:
                answer = client.chat(question).content
            else:
                answer = client.chat_stream(question).collect().content
        except LLMError as error:
            answer = repr(error)
        if answer != question:
            strange.append(f"{question}: {answer}")
    return strange


@pytest.fixture
def client(server: LoopbackServer):
    """A client of a server that echoes."""
    server.always(_echo)
    with LLMClient(
        "openai/m", api_key=KEY, base_url=f"{server.origin}/v1", max_retries=0, timeout=5
    ) as client:
        yield client


@pytest.mark.parametrize("round_", range(4))
def test_promise_15_parent_and_child_get_their_own_answers(client, round_: int):
    """At the same time, over a connection that both have inherited warm; no call is lost."""
    assert _ask(client, "warm", 2) == []
    child = Child(lambda: _ask(client, "child"))
    assert _ask(client, "parent") == []
    assert child.result() == []


def test_promise_15_child_of_a_child_works_too(client):
    """However deep."""
    assert _ask(client, "warm", 2) == []
    assert (
        in_child(lambda: _ask(client, "child") + in_child(lambda: _ask(client, "grandchild"))) == []
    )
    assert _ask(client, "parent") == []


def test_promise_15_pool_of_processes_shares_a_client(client):
    """As multiprocessing makes them by forking."""
    assert _ask(client, "warm", 2) == []
    processes = multiprocessing.get_context("fork")
    results = processes.Queue()
    workers = [
        processes.Process(target=lambda name=name: results.put(_ask(client, name)))
        for name in ("one", "two", "three")
    ]
    for worker in workers:
        worker.start()
    assert _ask(client, "parent") == []
    assert [results.get(timeout=15) for _ in workers] == [[], [], []]
    for worker in workers:
        worker.join(5)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]


def test_promise_15_fork_while_threads_use_the_client(client):
    """Whatever locks they hold: they do not exist in the child, which must not wait for them."""
    stop = threading.Event()
    strange: list[str] = []

    def work(name: str) -> None:
        while not stop.is_set():
            strange.extend(_ask(client, name, 5))

    threads = [threading.Thread(target=untraced(work), args=(f"thread {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    try:
        results = [in_child(lambda n=n: _ask(client, f"child {n}", 4)) for n in range(15)]
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert results == [[]] * 15
    assert strange == []


def test_promise_15_stream_read_before_a_fork_stays_the_parents(wire: WireWorld):
    """The child gets an error instead of its text; closing it there does no harm here."""
    wire.play("hello", pause=0.02)
    client = wire.client()
    stream = client.chat_stream("Hi")
    first = next(stream).content

    def read_on() -> list[str]:
        told = [stream.text]
        for _ in range(2):
            try:
                told.append(next(stream).content)
            except LLMError as error:
                told.append(f"{type(error).__name__} {error.code} {error.partial_text}")
        stream.close()
        told.append(client.chat("Hi").content)
        client.close()
        return told

    error = f"StreamInterruptedError forked {first}"
    assert in_child(read_on) == [first, error, error, TEXT]
    assert first + "".join(chunk.content for chunk in stream) == TEXT
    assert stream.finish_reason == "stop"


def test_promise_15_fork_leaves_a_parents_tls_alone(server: LoopbackServer):
    """A child that closes its copy says nothing to the server in its parent's name."""
    server.always(openai_wire.answer(pause=0.03))
    with (
        TlsFront(server.port) as front,
        LLMClient(
            "openai/m", api_key=KEY, base_url=f"https://localhost:{front.port}/v1", verify=False
        ) as client,
    ):
        stream = client.chat_stream("Hi")
        next(stream)

        def close() -> str:
            stream.close()
            text = client.chat("Hi").content
            client.close()
            return text

        assert in_child(close) == TEXT
        assert stream.collect().content == TEXT
        assert client.chat("Hi").content == TEXT


def test_promise_15_stream_dropped_in_a_child_goes_on_in_the_parent(client, server):
    """Also where the collector finds it, and requests follow that tidy up."""
    server.add(openai_wire.answer(pause=0.03))
    streams = [client.chat_stream("Hi")]
    next(streams[0])

    def drop() -> list[str]:
        streams.clear()
        gc.collect()
        return _ask(client, "child", 4)

    assert in_child(drop) == []
    rest = "".join(chunk.content for chunk in streams[0])
    assert streams[0].text == TEXT
    assert TEXT.endswith(rest)


def test_promise_15_stream_that_has_been_read_or_not_begun_is_inherited_whole(client, server):
    """The first can be looked at, the second can be read by both."""
    done, fresh = client.chat_stream("done"), client.chat_stream("fresh")
    list(done)
    assert in_child(lambda: [done.response.content, list(done), fresh.collect().content]) == [
        "done",
        [],
        "fresh",
    ]
    assert fresh.collect().content == "fresh"
    assert client.chat("on").content == "on"
    assert len(server.connections) == 2


def test_promise_15_fork_in_a_callback_leaves_the_answer_to_the_parent(server: LoopbackServer):
    """The child comes back into the reading of it."""
    server.always(openai_wire.HELLO)
    children: list[Child] = []

    def fork(text: str) -> None:
        children.append(Child(go_on)) if not children else None

    def go_on() -> str:
        try:
            return next(stream).content
        except LLMError as error:
            return f"{error.code}"

    with LLMClient(
        "openai/m", api_key=KEY, base_url=f"{server.origin}/v1", hooks=Hooks(on_first_token=fork)
    ) as client:
        stream = client.chat_stream("Hi")
        assert stream.collect().content == TEXT
        assert children[0].result() in ("stream_busy", "forked")


def test_promise_15_child_outlives_its_parents_client(client):
    """Closed after the fork it is open in the child; closed before it, it says so."""
    assert _ask(client, "warm", 2) == []
    gate = threading.Event()  # closed in the child for good: there is nobody to open it
    child = Child(lambda: [gate.wait(0.2), *_ask(client, "child", 4)])
    client.close()
    assert child.result() == [False]

    def ask_closed() -> str | None:
        try:
            client.chat("Hi")
        except LLMError as error:
            return error.code
        return None

    assert in_child(ask_closed) == "client_closed"


def test_promise_15_connections_of_a_child_are_its_own(client, server):
    """The parent's is not used by the child, and its end is not the parent's."""
    assert _ask(client, "warm", 2) == []
    assert in_child(lambda: [*_ask(client, "child", 3), client.close()]) == [None]
    assert _ask(client, "parent", 2) == []
    used = [request.connection for request in server.requests]
    assert used == [1, 1, 2, 2, 2, 1, 1]


@pytest.mark.real_time
@pytest.mark.parametrize("phase", [phases.connecting, phases.shaking_hands, phases.in_mid_answer])
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_promise_15_child_that_closes_its_client_ends_no_call_of_its_parent(phase, streamed: bool):
    """Also one that has no connection yet, whose socket is in both."""
    with phase() as there, ThreadPoolExecutor(1) as pool:
        there.settings["max_retries"] = 0
        client = there.client()
        stream = client.chat_stream("Hi")
        calling = pool.submit(list, stream) if streamed else pool.submit(client.chat, "Hi")
        there.wait_until_there()
        assert in_child(client.close) is None
        with pytest.raises(FutureTimeoutError):
            calling.exception(0.3)
        client.close()
        assert calling.exception(1).code == "closed"


def test_promise_15_child_waits_for_no_lock_of_an_sdk(wire: WireWorld):
    """Such as that of its cookies, which a thread that is lost in the child holds."""
    wire.server.always(
        wire.reply(wire.error_body("It says no.", 400), 400, (("set-cookie", "a=b"),))
    )
    client = wire.client(max_retries=0)

    def ask() -> str:
        with pytest.raises(LLMError) as caught:
            client.chat("Hi")
        return type(caught.value).__name__

    assert ask() == "ValidationError"
    adapter = client._lifetime.adapters.primary
    http = getattr(adapter, "_http", None) or adapter._sdk._client
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with http.cookies.jar._cookies_lock:
            taken.set()
            done.wait(20)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        taken.wait(10)
        try:
            assert in_child(ask) == "ValidationError"
        finally:
            done.set()


def test_promise_15_fork_waits_for_an_import(wire: WireWorld):
    """A module that is being imported is locked, in the child for ever."""
    wire.play("hello")
    settings = wire.settings()
    program = [sys.executable, "-m", "tests.faults.importing", wire.model, settings["base_url"]]
    done = subprocess.run(program, capture_output=True, text=True, timeout=15, check=False)
    assert (done.stdout, done.stderr) == (TEXT, "")
