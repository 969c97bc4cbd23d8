"""`ChatRequest` -> path and request body of Gemini's generateContent.

https://ai.google.dev/api/generate-content#method:-models.generatecontent
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...errors import ValidationError, show
from ...types import ChatRequest
from ..json_text import merge_deeply
from ..turns import Turn, take_turns

# Our name -> name in generationConfig. https://ai.google.dev/api/generate-content#generationconfig
_CONFIG_FIELDS = {
    "temperature": "temperature",
    "max_tokens": "maxOutputTokens",
    "top_p": "topP",
    "stop": "stopSequences",
    "seed": "seed",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}

OPTIONS = frozenset(_CONFIG_FIELDS)

_ROLES = {"user": "user", "assistant": "model"}

_COLLECTIONS = ("models/", "tunedModels/")


def build_body(request: ChatRequest) -> dict[str, Any]:
    """Build the JSON body.

    Raises:
        ValidationError: There is no message but the system's.
    """
    conversation = take_turns(request.messages)
    body: dict[str, Any] = {"contents": [_content(turn) for turn in conversation.turns]}
    if conversation.system:
        body["systemInstruction"] = {"parts": [{"text": text} for text in conversation.system]}
    if request.options:
        body["generationConfig"] = _config(request.options)
    return merge_deeply(body, request.extra)


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


def _content(turn: Turn) -> dict[str, Any]:
    return {"role": _ROLES[turn.role], "parts": [{"text": part["text"]} for part in turn.parts]}


def _config(options: Mapping[str, Any]) -> dict[str, Any]:
    config = {_CONFIG_FIELDS[name]: value for name, value in options.items()}
    if isinstance(config.get("stopSequences"), str):
        config["stopSequences"] = [config["stopSequences"]]
    return config
