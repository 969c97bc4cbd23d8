"""`ChatResponse`: a whole answer."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict

from . import pricing
from .chunk import Citation
from .message_types import Message
from .raw import RawJson
from .short_repr import show_fields
from .tool_calls import ToolCall
from .usage import Attempt, Usage


class About(TypedDict, total=False):
    """What an answer says of itself besides its text; the names are those of `ChatResponse`."""

    model: str
    id: str | None
    created: int | None
    refusal: str | None
    stop_sequence: str | None
    service_tier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChoice:
    """One of several answers to the same request.

    Attributes:
        content: Its text; ``""`` where there is none.
        reasoning: What the model thought before; ``""`` where there is none.
        tool_calls: Calls of the caller's functions.
        citations: Sources it refers to.
        refusal: Why the model refuses, in its own words, where it does.
        finish_reason: As on `StreamChunk`.
        raw_finish_reason: The vendor's word behind ``finish_reason``.
    """

    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    refusal: str | None = None
    finish_reason: str | None = None
    raw_finish_reason: str | None = None

    def __repr__(self) -> str:
        return show_fields(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the choice as JSON."""
        result = {f.name: getattr(self, f.name) for f in fields(self)}
        result["tool_calls"] = [call.to_dict() for call in self.tool_calls]
        result["citations"] = [citation.to_dict() for citation in self.citations]
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResponse:
    """A whole answer.

    Attributes:
        content: The answer's text; ``""`` where there is none.
        reasoning: What the model thought before, as far as the provider tells; ``""`` for none.
        tool_calls: Calls of the caller's functions, which are for the caller to run.
        citations: Sources the answer refers to.
        refusal: Why the model refuses, in its own words, where it does.
        finish_reason: As on `StreamChunk`.
        raw_finish_reason: The vendor's word behind ``finish_reason``.
        stop_sequence: Which of the texts given as ``stop`` has ended it, where the provider says.
        usage: Token counts as the provider sent them, or ``None`` if it sent none.
        model: Name of the model as the answer gives it, or as it was asked for.
        provider: Name of the provider that answered.
        requested_model: Name of the model that was asked for.
        id: The answer's id.
        created: When it was made, in Unix seconds.
        service_tier: How urgently it was answered, in the provider's word.
        request_id: The provider's id of the request, to quote in a support case.
        rate_limits: What the headers say of them: ``{"remaining_requests": 59.0,
            "reset_requests": 1.0, ...}``, resets in seconds.
        attempts: Every try, the successful one last.
        warnings: What was dropped or ignored on the way.
    """

    content: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    refusal: str | None = None
    finish_reason: str | None = None
    raw_finish_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    model: str = ""
    provider: str = ""
    requested_model: str = ""
    id: str | None = None
    created: int | None = None
    service_tier: str | None = None
    request_id: str | None = None
    rate_limits: Mapping[str, float] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[str, ...] = ()
    _others: tuple[ChatChoice, ...] = field(default=(), repr=False)
    _verbatim: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    _raw: RawJson | None = field(default=None, repr=False, compare=False)

    @property
    def choices(self) -> tuple[ChatChoice, ...]:
        """All answers where several were asked for with ``n``; the first is this response."""
        first = ChatChoice(**{f.name: getattr(self, f.name) for f in fields(ChatChoice)})
        return (first, *self._others)

    def to_message(self) -> Message:
        """Give the assistant's message to append to the next request's messages.

        ``provider_data`` in it holds what the provider wants back as it was (signed reasoning,
        results of its own tools); others are sent the rest.
        """
        message: Message = {"role": "assistant", "content": self.content}
        if self.tool_calls:
            message["content"] = self.content or None
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": call.name,
                        "arguments": call.arguments_text if call.arguments_text.strip() else "{}",
                    },
                }
                for call in self.tool_calls
            ]
        if self.refusal:
            message["refusal"] = self.refusal
        if self._verbatim:
            message["provider_data"] = {self.provider: copy.deepcopy(self._verbatim)}
        return message

    @property
    def cost(self) -> float | None:
        """USD for this answer, or ``None`` where usage or price is unknown.

        Looked up when read, by the answer's model name if that has a price, else the one asked for.
        """
        return pricing.price_of_answer(
            self.provider, (self.model, self.requested_model), self.usage
        )

    @property
    def cost_source(self) -> str | None:
        """The price list behind ``cost`` and its version, or ``None`` where there is no cost."""
        return None if self.cost is None else pricing.price_source()

    @property
    def raw_response(self) -> Any:
        """The vendor's typed object, built when read; ``None`` for an answer that was streamed."""
        return None if self._raw is None else self._raw.build()

    def __repr__(self) -> str:
        return show_fields(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the response as JSON, without the vendor's object."""
        result = {f.name: getattr(self, f.name) for f in fields(self) if not f.name.startswith("_")}
        result["tool_calls"] = [call.to_dict() for call in self.tool_calls]
        result["citations"] = [citation.to_dict() for citation in self.citations]
        result["choices"] = [choice.to_dict() for choice in self.choices]
        result["usage"] = None if self.usage is None else self.usage.to_dict()
        result["attempts"] = [attempt.to_dict() for attempt in self.attempts]
        result["warnings"] = list(self.warnings)
        result["cost"] = self.cost
        result["cost_source"] = self.cost_source
        return result
