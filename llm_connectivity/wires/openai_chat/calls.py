"""Calls of the caller's functions on OpenAI's wire, whole and in pieces.

https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-message-tool_calls
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...surrogates import SurrogateMender
from ...tool_calls import ToolCall, ToolCallDelta, join_calls, write_arguments
from ..json_depth import JsonDepth
from ..json_values import dicts_in, text_or_none, whole_or_none

_MOST_CALLS = 1000
_MOST_WAITING = 1_000_000

# How the ids begin of what Anthropic's servers run themselves. LiteLLM tells that among the calls,
# and its results elsewhere. https://github.com/BerriAI/litellm/issues/17737
_RUN_THERE = "srvtoolu_"

# What some servers want back with a call: Google's name for it, and LiteLLM's.
SIGNED_ON_CALLS = ("extra_content", "provider_specific_fields")


class _Call:
    """A call that is being put together.

    Attributes:
        id: Its id, as far as it has come.
        index: Its place among the answer's calls; ``None`` until its name has come.
        is_halved: Whether its arguments end in half a character so far.
        list: Number of the last list that named it.
        waiting: Arguments that came before the name; ``None``: it will be no call, as they were too
            many, or the server runs it.
        length: How long they are.
        depth: How far the arguments tell that they are whole, which tells one call from the next
            where no id does.
    """

    __slots__ = ("depth", "id", "index", "is_halved", "length", "list", "mender", "waiting")

    def __init__(self) -> None:
        self.id: str | None = None
        self.index: int | None = None
        self.is_halved = False
        self.list = 0
        self.waiting: list[str] | None = []
        self.length = 0
        self.depth = JsonDepth()
        self.mender = SurrogateMender()

    def mend(self, text: str) -> str:
        """Give as much of the arguments as is certain."""
        self.is_halved = "\ud800" <= text[-1] <= "\udbff"
        return self.mender.feed(text)

    def wait(self, text: str) -> None:
        """Keep arguments until the name comes."""
        self.length += len(text)
        if self.length > _MOST_WAITING:
            self.waiting = None
        elif text and self.waiting is not None:
            self.waiting.append(text)


class CallReader:
    """Reads the calls of one message, whole or from the pieces of a stream.

    Servers number them, but not all do, and some give each the same number: a new id with a name
    is a new call, and so is a second name in one list; an id without a name is that of a call that
    is known. Without either, the pieces in a list go on with the calls in the same order. What
    never gets a name is none, and neither is what the server runs itself.

    Only the last 1,000 calls can go on, and a million characters wait for a name.

    Args:
        keeps: Whether to keep what `join` and `signed` tell.
        is_whole: Whether the message comes at once; arguments are looked into in streams alone.
    """

    def __init__(self, *, keeps: bool = True, is_whole: bool = False) -> None:
        self._is_whole = is_whole
        self._calls: dict[int, _Call] = {}  # by the server's number, the last one of each
        self._ids: dict[str, _Call] = {}
        self._halved: dict[int, _Call] = {}  # by our number: what waits for half a character
        self._last: _Call | None = None
        self._lists = 0
        self._made = 0
        self._count = 0
        self._pieces: list[ToolCallDelta] | None = [] if keeps else None
        self.signed: dict[str, dict[int, Any]] = {}  # by name, then by our number

    def feed(self, message: Mapping[str, Any]) -> tuple[ToolCallDelta, ...]:
        """Give the pieces of calls that a message or a delta brings."""
        pieces: list[ToolCallDelta] = []
        self._lists += 1
        told_calls = message.get("tool_calls")  # TGI has had one call in place of the list
        listed = [told_calls] if isinstance(told_calls, dict) else dicts_in(told_calls)
        for place, told in enumerate(listed):
            pieces += self._feed_call(told, place if len(listed) > 1 else None)
        function = message.get("function_call")  # as it was before there were several
        if isinstance(function, dict) and (not self._count or -1 in self._calls):
            pieces += self._feed_call({"index": -1, "function": function}, None)
        return self._keep(pieces)

    def finish(self) -> tuple[ToolCallDelta, ...]:
        """Give what was held back: half a character at the end of arguments."""
        halved, self._halved = self._halved, {}
        return self._keep(
            [
                ToolCallDelta(i, arguments_text=call.mender.finish())
                for i, call in sorted(halved.items())
            ]
        )

    def join(self, answer_id: str | None) -> tuple[ToolCall, ...]:
        """Give the calls as far as they have come, if they are kept."""
        return join_calls(self._pieces or (), answer_id, "")

    def _keep(self, pieces: list[ToolCallDelta]) -> tuple[ToolCallDelta, ...]:
        if self._pieces is not None:
            self._pieces += pieces
        return tuple(pieces)

    def _feed_call(self, told: Mapping[str, Any], place: int | None) -> list[ToolCallDelta]:
        function = told.get("function")
        if not isinstance(function, dict):
            function = {}
        number, given_id = whole_or_none(told.get("index")), text_or_none(told.get("id"))
        name = text_or_none(function.get("name"))
        call = self._find(number, place, given_id, name)
        if call.id is None and given_id is not None:
            call.id = given_id
            _put(self._ids, given_id, call)
            if given_id.startswith(_RUN_THERE):
                call.waiting = None
        text = write_arguments(function.get("arguments", function.get("parameters")))
        if call.id is None and number is not None and not self._is_whole:
            call.depth.feed(text)
        ready = call.mend(text) if text else ""
        is_first = call.index is None and name is not None and call.waiting is not None
        if is_first:
            call.index, self._count = self._count, self._count + 1
            ready, call.waiting = "".join([*(call.waiting or ()), ready]), []
        if call.index is None:
            call.wait(ready)
            return []
        self._note(call, call.index, told)
        if not (is_first or ready):
            return []
        first = (call.id, name) if is_first else (None, None)
        return [ToolCallDelta(call.index, *first, ready)]

    def _note(self, call: _Call, index: int, told: Mapping[str, Any]) -> None:
        """Note what is to be told later of a call that has its number."""
        if call.is_halved:
            _put(self._halved, index, call)
        else:
            self._halved.pop(index, None)
        if self._pieces is not None:
            for name in SIGNED_ON_CALLS:
                if told.get(name):
                    self.signed.setdefault(name, {})[index] = told[name]

    def _find(
        self, number: int | None, place: int | None, given_id: str | None, name: str | None
    ) -> _Call:
        key = place if number is None else number
        call = self._last if key is None else self._calls.get(key)
        if given_id is not None and (name is None or call is not None):
            call = call if call and call.id == given_id else self._ids.get(given_id, call)
        if call is None or (
            name is not None and (call.list == self._lists or _is_new(call, number, given_id))
        ):
            call = _Call()
            _put(self._calls, self._made if key is None else key, call)
            self._made += 1
        if name is not None:
            call.list = self._lists
        self._last = call
        return call


def _put(calls: dict[Any, _Call], key: object, call: _Call) -> None:
    """Put a call behind the others, and let go of the first where there are too many."""
    calls.pop(key, None)
    calls[key] = call
    if len(calls) > _MOST_CALLS:
        del calls[next(iter(calls))]


def _is_new(call: _Call, number: int | None, given_id: str | None) -> bool:
    """Whether a piece that has a name begins a call, and does not go on with this one."""
    if given_id is not None and call.id is not None:
        return given_id != call.id
    if call.index is None:
        return False
    return number is None or (call.id is None and call.depth.is_whole)
