"""Messages as a caller writes them, in OpenAI's form, so that editors check them.

https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, Required, TypeAlias, TypedDict


class CacheControl(TypedDict, total=False):
    """A mark behind which the provider is to keep the prompt: ``{"type": "ephemeral"}``."""

    type: Required[Literal["ephemeral"]]
    ttl: NotRequired[Literal["5m", "1h"]]


class TextPart(TypedDict):
    """One text part of a message: ``{"type": "text", "text": "Hello"}``."""

    type: Literal["text"]
    text: str
    cache_control: NotRequired[CacheControl]


class ImageUrl(TypedDict):
    """Where an image is: an http(s) address, or a data URL with the image in it."""

    url: str
    detail: NotRequired[str]


class ImagePart(TypedDict):
    """One image of a message; `llm_connectivity.image` makes it."""

    type: Literal["image_url"]
    image_url: ImageUrl
    cache_control: NotRequired[CacheControl]


class InputAudio(TypedDict):
    """Sound in base64."""

    data: str
    format: str


class AudioPart(TypedDict):
    """One sound of a message; `llm_connectivity.audio` makes it."""

    type: Literal["input_audio"]
    input_audio: InputAudio
    cache_control: NotRequired[CacheControl]


class File(TypedDict, total=False):
    """A file: its content as a data URL, or the id under which the provider has it."""

    file_data: str
    file_id: str
    filename: str


class FilePart(TypedDict):
    """One file of a message; `llm_connectivity.pdf` makes it."""

    type: Literal["file"]
    file: File
    cache_control: NotRequired[CacheControl]


Part: TypeAlias = TextPart | ImagePart | AudioPart | FilePart


class Function(TypedDict):
    """Which function is called, and its arguments: the text of a JSON object."""

    name: str
    arguments: str


class MessageToolCall(TypedDict):
    """One call of a function, in an assistant's message."""

    id: str
    type: Literal["function"]
    function: Function


class Message(TypedDict, total=False):
    """One message in OpenAI's form: ``{"role": "user", "content": "Hello"}``.

    ``tool_calls``, ``refusal`` and ``provider_data`` are an assistant's
    (`ChatResponse.to_message` makes it), ``tool_call_id`` is that of a tool's result.
    """

    role: Required[Literal["system", "developer", "user", "assistant", "tool"]]
    content: str | Sequence[Part] | None
    name: NotRequired[str]
    tool_calls: NotRequired[Sequence[MessageToolCall]]
    tool_call_id: NotRequired[str]
    refusal: NotRequired[str | None]
    provider_data: NotRequired[Mapping[str, Any]]
    cache_control: NotRequired[CacheControl]


Messages: TypeAlias = str | Sequence[Message]
