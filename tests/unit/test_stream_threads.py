"""A stream in several threads: no text gets lost, and only our own errors come out."""

from __future__ import annotations

import sys
import threading

import pytest

from llm_connectivity import LLMClient, LLMError, MockAdapter, MockReply


@pytest.fixture
def hasty():
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_text_read_by_another_thread_loses_none(hasty):
    """A progress display polls it while the answer comes."""
    replies = [MockReply(pieces=["abc "] * 3000)] * 4
    with LLMClient(adapter=MockAdapter(replies=replies)) as client:
        for _ in replies:
            stream = client.chat_stream("Hi")
            done = threading.Event()

            def watch(stream=stream, done=done) -> None:
                while not done.is_set():
                    assert not stream.text.replace("abc ", "")

            watchers = [threading.Thread(target=watch) for _ in range(3)]
            for watcher in watchers:
                watcher.start()
            text = "".join(chunk.content for chunk in stream)
            done.set()
            for watcher in watchers:
                watcher.join()
            assert stream.response.content == stream.text == text == "abc " * 3000


@pytest.mark.parametrize("who", ["stream", "client"])
def test_closing_under_a_reader_raises_nothing_foreign(hasty, who: str):
    """The reader ends, or gets one of our errors; the one that closes gets none."""
    strange: list[Exception] = []

    def read(stream) -> None:
        try:
            for _ in stream:
                pass
        except LLMError:
            pass
        except Exception as error:
            strange.append(error)

    for _ in range(60):
        client = LLMClient(adapter=MockAdapter(replies=[MockReply(pieces=["a"] * 200)]))
        stream = client.chat_stream("Hi")
        thread = threading.Thread(target=read, args=(stream,))
        thread.start()
        while not stream.text and thread.is_alive():
            pass
        (stream if who == "stream" else client).close()
        thread.join(10)
        client.close()
    assert strange == []


def test_closing_a_client_that_others_use_raises_nothing_foreign(hasty):
    """Streams are made while it closes those there are."""
    for _ in range(40):
        client = LLMClient("mock/demo")
        kept = []

        def make(client=client, kept=kept) -> None:
            try:
                while True:
                    kept.append(client.chat_stream("Hi"))
            except LLMError as error:
                kept.append(error)

        thread = threading.Thread(target=make)
        thread.start()
        while len(kept) < 20:
            pass
        client.close()
        thread.join(10)
        assert kept[-1].code == "client_closed"
