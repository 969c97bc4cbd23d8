"""Messages for wires that take the system's text apart and want the two speakers to take turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import ValidationError

_SYSTEM_ROLES = ("system", "developer")


@dataclass(slots=True)
class Turn:
    """What one speaker says at a stretch.

    Attributes:
        role: ``"user"`` or ``"assistant"``.
        parts: In OpenAI's form; an empty text is kept where nothing else was said.
        where: Place of its first message, for errors: ``"messages[0]"``.
    """

    role: str
    parts: list[dict[str, Any]]
    where: str


@dataclass(slots=True)
class Conversation:
    """Messages, taken apart.

    Attributes:
        system: Texts of the system, in order, empty ones left out.
        turns: The rest; neighbours of one role are one turn.
        warnings: What goes otherwise than as it was given.
    """

    system: list[str] = field(default_factory=list)
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


def take_turns(messages: Sequence[Mapping[str, Any]]) -> Conversation:
    """Take messages apart; late system messages go to the others, with a warning.

    Args:
        messages: Checked messages in OpenAI's form.

    Raises:
        ValidationError: There is none but the system's.
    """
    conversation = Conversation()
    for i, message in enumerate(messages):
        _take(message, f"messages[{i}]", conversation)
    for turn in conversation.turns:
        turn.parts = [part for part in turn.parts if not _is_empty(part)] or turn.parts[:1]
    if not conversation.turns:
        raise ValidationError(
            "messages holds nothing but system messages.",
            code="invalid_messages",
            hint='This provider wants a user message too: {"role": "user", "content": ...}.',
        )
    return conversation


def _take(message: Mapping[str, Any], where: str, conversation: Conversation) -> None:
    role, content = message["role"], message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    if "name" in message:
        conversation.warnings.append(f"{where}['name'] has no place on this wire: left out.")
    if role in _SYSTEM_ROLES:
        if conversation.turns:
            conversation.warnings.append(
                f"{where} is a system message behind others: put in front, with the system's text."
            )
        conversation.system += [part["text"] for part in parts if part["text"]]
    elif conversation.turns and conversation.turns[-1].role == role:
        conversation.turns[-1].parts += parts
    else:
        conversation.turns.append(Turn(role, parts, where))


def _is_empty(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "text" and not part["text"]
