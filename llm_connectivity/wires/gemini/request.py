"""`ChatRequest` -> path and request body of Gemini's generateContent.

https://ai.google.dev/api/generate-content#method:-models.generatecontent
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ...errors import ValidationError, show
from ...types import ChatRequest
from ..json_text import merge_deeply
from ..turns import Turn, take_turns
from .config import CONFIG_FIELDS, write_config
from .content import understand
from .parts import ContentWriter, says_something
from .tools import write_tool_choice, write_tools

OPTIONS = frozenset({*CONFIG_FIELDS, "tools", "tool_choice", "reasoning", "response_format"})

_COLLECTIONS = ("models/", "tunedModels/")


def build_body(request: ChatRequest) -> dict[str, Any]:
    """Build the JSON body.

    Raises:
        ValidationError: There is no message but the system's and empty ones, the wire can't carry
            a part, or a tool is another API's.
    """
    return _compose(request)[0]


def find_warnings(request: ChatRequest) -> tuple[str, ...]:
    """Say what of a request goes otherwise than as it was given.

    Raises:
        ValidationError: As `build_body`.
    """
    return tuple(_compose(request)[1])


def model_path(model: str) -> str:
    """Give the model's place in a path: ``"models/gemini-2.5-flash"``.

    Names that begin with ``models/`` or ``tunedModels/`` are taken as they are.

    Raises:
        ValidationError: The name would lead to another path.
    """
    name = model if model.startswith(_COLLECTIONS) else f"models/{model}"
    if ".." in name or any(segment in ("", ".") for segment in name.split("/")):
        raise ValidationError(
            f"the model's name {show(model)} can't stand in the path of a request.",
            code="invalid_model",
            hint="It looks like 'gemini-2.5-flash' or 'tunedModels/my-model'.",
        )
    return quote(name, safe="/", errors="replace")


def _compose(request: ChatRequest) -> tuple[dict[str, Any], list[str]]:
    """Give the body, and warnings."""
    conversation = take_turns(request.messages, request.provider, understand)
    options, warnings = request.options, conversation.warnings
    writer = ContentWriter(request.messages, warnings)
    body: dict[str, Any] = {"contents": _write_contents(conversation.turns, writer, warnings)}
    if conversation.system:
        body["systemInstruction"] = writer.write_system(conversation.system)
    if options.get("tools"):
        body["tools"] = write_tools(options["tools"], request.provider, warnings)
    if "tool_choice" in options:
        body["toolConfig"] = {"functionCallingConfig": write_tool_choice(options["tool_choice"])}
    config = write_config(options, request.extra, warnings)
    if config:
        body["generationConfig"] = config
    warnings += conversation.replaced_by(request.extra, "systemInstruction", "contents")
    return merge_deeply(body, request.extra), warnings


def _write_contents(
    turns: Sequence[Turn], writer: ContentWriter, warnings: list[str]
) -> list[dict[str, Any]]:
    """Leave out what the assistant did not say; the user's turns around it become one.

    The API refuses a text that is empty.
    """
    contents: list[dict[str, Any]] = []
    for turn in turns:
        content = writer.write(turn)
        if turn.role == "assistant" and not any(map(says_something, content["parts"])):
            warnings.append(f"{turn.where} is empty, which the API refuses: left out.")
        elif contents and contents[-1]["role"] == content["role"]:
            contents[-1]["parts"] += content["parts"]
        else:
            contents.append(content)
    if not contents:
        raise ValidationError(
            "messages holds nothing but empty messages.",
            code="invalid_messages",
            hint='Give a user message with text: {"role": "user", "content": ...}.',
        )
    return contents
