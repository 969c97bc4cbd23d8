"""What a call costs: tokens and a model in, USD out; an unknown price is ``None``, no guess.

The prices are those of genai-prices, which ships them with the package; nothing is fetched. The
library is imported when the first price is asked for, since that takes a fifth of a second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

# Prices match the exact id of a model, or the id with one of these release marks behind it. The
# library itself also matches by prefix, which gives invented models a price.
_RELEASE_MARK = re.compile(r"-(latest|\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3})$")

# Our names of providers that the list calls otherwise.
_LISTED_AS = {"moonshot": "moonshotai", "xai": "x-ai"}

_COUNTS = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "cached_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
}


def price_usd(provider: str, model: str, counts: Mapping[str, int | None]) -> float | None:
    """Price one call.

    Args:
        provider: Name of the provider, as in the first half of ``"provider/model"``.
        model: The model's name on its own, for example ``"gpt-4o-mini-2024-07-18"``.
        counts: ``prompt_tokens``, ``completion_tokens`` and, where known, ``cached_tokens``,
            ``cache_write_tokens`` (which lie inside ``prompt_tokens``), ``audio_tokens`` and
            ``completion_audio_tokens``.

    Returns:
        USD, or ``None`` where the price list has no such model, or no price for some of the tokens,
        or a needed count is missing.
    """
    if counts.get("cache_write_1h_tokens"):
        return None  # they cost more than other writes, and the list does not say what
    if counts.get("prompt_tokens") is None or counts.get("completion_tokens") is None:
        return None
    found = _find_model(provider, model)
    if found is None:
        return None
    import genai_prices

    given = {
        theirs: counts[ours] for ours, theirs in _COUNTS.items() if counts.get(ours) is not None
    }
    sound = _count_sound(counts)
    try:
        listed = _LISTED_AS.get(provider, provider)
        used = genai_prices.Usage(
            **given, **{f"{side}_audio_tokens": n for side, n in sound.items()}
        )
        result = genai_prices.calc_price(used, model, provider_id=listed)
        if any(getattr(result.model_price, f"{side}_audio_mtok", None) is None for side in sound):
            return None  # sound costs more than text, and the list does not say how much
        price = float(result.total_price)
    except (LookupError, ValueError, ArithmeticError):
        # Counts below 0, or that contradict each other, have no price.
        return None
    return price if math.isfinite(price) else None


def price_of_answer(
    provider: str, models: Iterable[str], usage: Mapping[str, int | None] | None
) -> float | None:
    """Price an answer by the first of its model's names that has a price.

    Returns:
        USD, or ``None`` where usage or price is unknown.
    """
    if usage is None:
        return None
    for model in dict.fromkeys(models):
        price = price_usd(provider, model, usage) if model else None
        if price is not None:
            return price
    return None


def price_source() -> str:
    """Name the price list and its version, for example ``"genai-prices 0.2.3"``."""
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"


def _count_sound(counts: Mapping[str, int | None]) -> dict[str, int]:
    """Give the tokens of sound in the request and in the answer, where there are any."""
    spoken = counts.get("completion_audio_tokens") or 0
    heard = (counts.get("audio_tokens") or 0) - spoken
    return {side: n for side, n in (("input", heard), ("output", spoken)) if n}


def _find_model(provider: str, model: str) -> Any:
    from genai_prices.data_snapshot import get_snapshot

    listed = _LISTED_AS.get(provider, provider)
    try:
        seller, found = get_snapshot().find_provider_model(model, None, listed, None)
    except LookupError:
        return None
    if seller.id != listed:  # it also takes a name that only holds the name of one it knows
        return None
    name = model.lower()
    return found if found.id.lower() in (name, _RELEASE_MARK.sub("", name)) else None
