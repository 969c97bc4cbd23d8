"""Messages for wires that take the system's text apart and want the two speakers to take turns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from ..errors import ValidationError
from ..tool_calls import ToolCall, calls_of_message

# Under this name arguments go back that are no JSON object, where a wire takes nothing else.
# https://docs.claude.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming
INVALID_JSON = "INVALID_JSON"

_SYSTEM_ROLES = ("system", "developer")


@dataclass(slots=True)
class Part:
    """One thing that is said.

    Attributes:
        kind: ``"text"``, ``"image_url"``, ``"input_audio"``, ``"file"``, ``"tool_call"``,
            ``"tool_result"``, or ``"verbatim"``: all that the provider wants back of a message.
        data: A text, the object of OpenAI's form under the kind's name, a `ToolCall`, a
            `ToolResult`, or what `Understand` was given.
        where: Its place, for errors: ``"messages[0]['content'][1]"``.
        cache_control: The mark behind which the provider is to keep the prompt.
    """

    kind: str
    data: Any
    where: str
    cache_control: Mapping[str, Any] | None = None


@dataclass(slots=True)
class ToolResult:
    """What a call has given.

    Attributes:
        call: The call.
        parts: The result; text parts.
    """

    call: ToolCall
    parts: list[Part]

    @property
    def text(self) -> str:
        """The result's text."""
        return "".join(part.data for part in self.parts)


@dataclass(slots=True)
class Turn:
    """What one speaker says at a stretch.

    Attributes:
        role: ``"user"`` or ``"assistant"``; results of tools are the user's.
        parts: What is said; an empty text is kept where nothing else was said.
        where: Place of its first message, for errors: ``"messages[0]"``.
    """

    role: str
    parts: list[Part]
    where: str


@dataclass(slots=True)
class Conversation:
    """Messages, taken apart.

    Attributes:
        system: Texts of the system, in order, empty ones left out.
        turns: The rest; neighbours of one role are one turn.
        warnings: What goes otherwise than as it was given.
    """

    system: list[Part] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def replaced_by(self, extra: Mapping[str, Any], system: str, turns: str) -> list[str]:
        """Give warnings where keywords of the call say what the messages say too, and win.

        Args:
            extra: The keywords.
            system: Name of the wire's field for the system's text.
            turns: Name of its field for the rest.
        """
        replaced = []
        if self.system and system in extra:
            replaced.append(f"{system}= replaces the text of the system messages.")
        if turns in extra:
            replaced.append(f"{turns}= replaces the messages.")
        return replaced


class Called(NamedTuple):
    """A call among what a provider wants back of a message.

    Attributes:
        id: Its id, ``None`` where the provider gave none.
        name: Name of the function.
        arguments: The arguments, as JSON.
    """

    id: Any
    name: Any
    arguments: Any


# Reads what a provider wants back of a message: its text and its calls.
Understand = Callable[[Mapping[str, Any]], tuple[str, list[Called]]]


def take_turns(
    messages: Sequence[Mapping[str, Any]], provider: str, understand: Understand
) -> Conversation:
    """Take messages apart; late system messages go to the others, with a warning.

    Args:
        messages: Checked messages in OpenAI's form.
        provider: Who is asked; what other providers want back is left out.
        understand: Tells whether a message still is what the provider has said.

    Raises:
        ValidationError: There is none but the system's.
    """
    conversation = Conversation()
    calls: dict[str, ToolCall] = {}
    for i, message in enumerate(messages):
        where = f"messages[{i}]"
        if "name" in message:
            conversation.warnings.append(f"{where}['name'] has no place on this wire: left out.")
        parts = _mark_last(_parts_of(message, where, calls), message)
        kept = message.get("provider_data", {}).get(provider)
        if kept is not None:
            if _says_the_same(understand(kept), parts):
                parts = [Part("verbatim", kept, where, message.get("cache_control"))]
            else:
                conversation.warnings.append(
                    f"{where} has been changed: sent without its provider_data."
                )
        _take(message["role"], parts, where, conversation)
    for turn in conversation.turns:
        turn.parts = [part for part in turn.parts if not _is_empty(part)] or turn.parts[:1]
    if not conversation.turns:
        raise ValidationError(
            "messages holds nothing but system messages.",
            code="invalid_messages",
            hint='This provider wants a user message too: {"role": "user", "content": ...}.',
        )
    return conversation


def refuse_part(part: Part, what: str, hint: str) -> NoReturn:
    """Say that a part can't be sent over this wire.

    Raises:
        ValidationError: Always.
    """
    raise ValidationError(f"{part.where} {what}.", code="invalid_messages", hint=hint)


def _parts_of(message: Mapping[str, Any], where: str, calls: dict[str, ToolCall]) -> list[Part]:
    """Give the parts of a message, and note its calls for the results that follow."""
    parts = list(_parts_of_content(message.get("content"), f"{where}['content']"))
    if message["role"] == "tool":
        result = ToolResult(calls[message["tool_call_id"]], parts)
        return [Part("tool_result", result, where)]
    if message.get("refusal") and not any(part.data for part in parts):
        parts = [Part("text", message["refusal"], f"{where}['refusal']")]
    for i, call in enumerate(calls_of_message(message)):
        calls[call.id] = call
        parts.append(Part("tool_call", call, f"{where}['tool_calls'][{i}]"))
    return parts


def _parts_of_content(content: Any, where: str) -> Iterator[Part]:
    if content is None:
        return
    if isinstance(content, str):
        yield Part("text", content, where)
        return
    for i, part in enumerate(content):
        kind = part["type"]
        yield Part(kind, part[kind], f"{where}[{i}]", part.get("cache_control"))


def _mark_last(parts: list[Part], message: Mapping[str, Any]) -> list[Part]:
    if message.get("cache_control") and parts:
        parts[-1].cache_control = message["cache_control"]
    return parts


def _says_the_same(told: tuple[str, list[Called]], parts: Sequence[Part]) -> bool:
    text, calls = told
    said = "".join(part.data for part in parts if part.kind == "text")
    called: list[ToolCall] = [part.data for part in parts if part.kind == "tool_call"]
    return (text, len(calls)) == (said, len(called)) and all(map(_is_the_same, called, calls))


def _is_the_same(call: ToolCall, told: Called) -> bool:
    """Whether a call of the message is the one that the provider has made."""
    forms = (call.arguments, {INVALID_JSON: call.arguments})  # as arguments that are none go back
    return (
        told.id in (None, call.id)
        and told.name == call.name
        and _canonical(told.arguments) in map(_canonical, forms)
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _take(role: str, parts: list[Part], where: str, conversation: Conversation) -> None:
    if role in _SYSTEM_ROLES:
        if conversation.turns:
            conversation.warnings.append(
                f"{where} is a system message behind others: put in front, with the system's text."
            )
        conversation.system += [part for part in parts if not _is_empty(part)]
        return
    role = "user" if role == "tool" else role
    if conversation.turns and conversation.turns[-1].role == role:
        conversation.turns[-1].parts += parts
    else:
        conversation.turns.append(Turn(role, parts, where))


def _is_empty(part: Part) -> bool:
    return part.kind == "text" and not part.data
