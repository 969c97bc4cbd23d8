"""Server-sent events: bytes in, events out.

https://html.spec.whatwg.org/multipage/server-sent-events.html, with two departures, since some
servers leave out blank lines: an event that the end of the body cuts off is still handed out, and
where one line of data closes a JSON object and the next one opens another, they are two events.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import ProviderError

MAX_EVENT_BYTES = 16 * 1024 * 1024

# What a line of an event stream begins with.
FIELDS = (b"data", b"event", b"id", b"retry", b":")

_LONGEST_STRAY_BYTES = 64 * 1024

_BOM = b"\xef\xbb\xbf"
_LF = 10


class Event(NamedTuple):
    """One event.

    Attributes:
        data: Its data lines, joined by line feeds; bytes, as JSON readers take them fastest.
        name: Its type, ``""`` where it has none.
        whole: Whether a blank line ended it; if not, the end of the body may have cut it.
    """

    data: bytes
    name: str = ""
    whole: bool = True


class Decoder:
    """Turns the bytes of one body, cut anywhere, into events; linear in time and bounded in memory.

    Args:
        max_event_bytes: An event longer than this is an error.

    Attributes:
        saw_field: A line of an event has been read; comments alone may be padding.
        stray: How a document begins that stands between or behind events, outside of any. No event
            stream has one; some servers write their error there when an answer breaks.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._line = bytearray()  # a line whose end has not come yet
        self._data: list[bytes] = []  # data lines of the event that is being read
        self._data_size = 0
        self._name = ""
        self._late_name: str | None = None  # one that came behind data: of this event, or the next
        self._at_start = True
        self._skip_lf = False  # a CR ended the last line; an LF right behind it belongs to it
        self._failure: ProviderError | None = None
        self.stray = b""
        self.saw_field = False

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, however they were cut, and give the events they complete.

        Raises:
            ProviderError: A single event is longer than ``max_event_bytes``; events before it have
                been given.
        """
        events: list[Event] = []
        try:
            self._take(data, events)
        except ProviderError as error:
            self._failure = error
            if not events:
                raise
        return events

    def finish(self) -> list[Event]:
        """The body has ended: give the event that was left without a blank line behind it."""
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        events: list[Event] = []
        if self._line:
            self._take_line(self._end_line(), events)
        return [*events, self._complete()._replace(whole=False)] if self._data else events

    def _take(self, data: bytes, events: list[Event]) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # which would grow with each time
        if self._at_start or self._skip_lf:
            data = self._trim_front(data)
        if not data:
            return
        if b"\r" in data:
            self._skip_lf = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        rest = lines.pop()
        for line in lines:
            if self._line:
                self._line += line
                line = self._end_line()
            if line[:6] == b"data: ":  # most lines are, and this is where time is spent
                self.saw_field = True
                if self._data:
                    self._split(line[6:], events)
                self._data.append(line[6:])
                self._data_size += len(line)
                if self._data_size > self._max:
                    self._check_size()
            elif line:
                self._take_line(line, events)
            elif self._data:
                events.append(self._complete())
            else:
                self._name = ""
        if rest:
            self._line += rest
            self._check_size()

    def _end_line(self) -> bytes:
        line = bytes(self._line)
        self._line.clear()
        return line

    def _trim_front(self, data: bytes) -> bytes:
        if self._skip_lf and data:
            self._skip_lf = False
            if data[0] == _LF:
                data = data[1:]
        if self._at_start and data:
            # A byte order mark may itself be cut: it is kept back until it is whole or refuted.
            data = self._end_line() + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._line += data
                return b""
            self._at_start = False
            data = data.removeprefix(_BOM)
        return data

    def _take_line(self, line: bytes, events: list[Event]) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self.saw_field = True
            self._split(value, events)
            self._data.append(value.removeprefix(b" "))
            self._data_size += len(line) + 1  # empty ones take memory too
            self._check_size()
        elif field == b"event":
            self.saw_field = True
            name = str(value.removeprefix(b" "), "utf-8", "replace")
            if self._data:
                self._late_name = name
            else:
                self._name = name
        elif field in (b"id", b"retry"):
            self.saw_field = True
        elif field == b"error" and value.lstrip().startswith(b"{") and not self.stray:
            # As older servers of llama.cpp tell of errors.
            self.stray += b'{"error":%b}' % value[:_LONGEST_STRAY_BYTES]
        elif field and (self.stray or line[:1] in (b"{", b"[")):
            self.stray += (line + b"\n")[: _LONGEST_STRAY_BYTES - len(self.stray)]

    def _split(self, line: bytes, events: list[Event]) -> None:
        """End the event if this line of data can't go on with its JSON.

        https://github.com/rexxars/eventsource-parser/pull/31
        """
        ends = bool(self._data) and self._data[-1].rstrip().endswith(b"}")
        if ends and line.lstrip().startswith((b"{", b"[DONE]")):
            name, self._late_name = self._late_name, None
            events.append(self._complete())
            self._name = name or ""

    def _complete(self) -> Event:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        event = Event(data, self._name if self._late_name is None else self._late_name)
        self._data = []
        self._data_size = 0
        self._name = ""
        self._late_name = None
        return event

    def _check_size(self) -> None:
        if len(self._line) + self._data_size > self._max:
            raise ProviderError(
                f"the stream holds an event of more than {self._max} bytes.",
                code="event_too_large",
                retryable=False,
                hint="If that is what you expect, raise max_event_bytes on the client.",
            )
