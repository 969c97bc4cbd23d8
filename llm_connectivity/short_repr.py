"""The repr of values with many fields: those alone that say something."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

_NOTHING: tuple[Any, ...] = (None, "", (), {})


def show_fields(value: Any) -> str:
    """Write a dataclass as its constructor would be called, without fields that say nothing."""
    shown = (field for field in fields(value) if field.repr and _says_something(value, field))
    written = ", ".join(f"{field.name}={getattr(value, field.name)!r}" for field in shown)
    return f"{type(value).__name__}({written})"


def _says_something(value: Any, field: Field[Any]) -> bool:
    has_default = field.default is not MISSING or field.default_factory is not MISSING
    return not has_default or getattr(value, field.name) not in _NOTHING
