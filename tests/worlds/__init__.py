"""The same scenarios on every provider: what a test scripts, and a client that meets it.

Each world has a file of its own; one that is listed here runs through every row and the contract.
"""

from __future__ import annotations

from tests.worlds.anthropic import AnthropicWorld
from tests.worlds.base import KEY, PIECES, TEXT, World
from tests.worlds.google import GoogleWorld
from tests.worlds.mock import MockWorld
from tests.worlds.openai import OpenAIWorld
from tests.worlds.wire import WireWorld

__all__ = ["KEY", "PIECES", "TEXT", "WIRES", "WORLDS", "WireWorld", "World"]

WORLDS: dict[str, type[World]] = {
    "mock": MockWorld,
    "openai": OpenAIWorld,
    "anthropic": AnthropicWorld,
    "google": GoogleWorld,
}
WIRES: dict[str, type[WireWorld]] = {
    name: world for name, world in WORLDS.items() if issubclass(world, WireWorld)
}
