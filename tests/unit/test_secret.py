"""Masking: every key, however many there are, and what a cut has left of one."""

from __future__ import annotations

import pytest

from llm_connectivity.secret import is_secret_header, keys_in_header, mask

A = "sk-proj-1111aaaa"
B = "sk-proj-2222bbbb"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"bad {A}.", "bad ***."),
        (f"bad {A[:12]}", "bad ***"),
        ("starts with sk-proj-", "starts with sk-proj-"),
        (f"{A}{B}", "******"),
        (f"{A} {B} {A}", "*** *** ***"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_mask_hides_whole_keys_and_beginnings(text: str, masked: str):
    """In texts and in bytes alike."""
    assert mask(text, [A, B]) == mask(text, [B, A]) == masked
    assert mask(text.encode(), [A, B]) == masked.encode()


def test_mask_goes_into_json_and_leaves_other_values():
    """Keys of dicts too; the shape stays."""
    value = {"a": [A, 1, None], B: (A, {"b": 2.5})}
    assert mask(value, [A, B]) == {"a": ["***", 1, None], "***": ("***", {"b": 2.5})}


def test_mask_hides_overlapping_keys_to_the_end_of_the_longer_one():
    """One may begin in another."""
    assert mask(f"x{A}{B}y", [A + B[:4], B]) == "x***y"
    assert mask(f"x{A}-longer y", [A, A + "-longer"]) == "x*** y"


@pytest.mark.parametrize("key", ["sk-0123456789'ab", 'sk-0123456789"ab', "sk-0123456789\\ab"])
def test_keys_in_header_are_hidden_as_errors_quote_them(key: str):
    """With the escapes that a repr or JSON adds."""
    import json

    keys = keys_in_header(f"Bearer {key}")
    for text in (key, repr(key), json.dumps(key)):
        assert "ab" not in mask(f"bad {text}", keys)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("X-API-Key", True),
        ("x-goog-api-key", True),
        ("apikey", True),
        ("Cookie", True),
        ("X-Portkey-Api-Key", True),
        ("X-Portkey-Provider", False),
        ("Content-Type", False),
    ],
)
def test_headers_that_hold_secrets_are_known_by_their_names(name: str, secret: bool):
    """Their values are masked like keys."""
    assert is_secret_header(name) is secret
