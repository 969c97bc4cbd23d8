"""Servers of one's own: registered in one line, refused where the spec can't be used."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest

from llm_connectivity import (
    AuthenticationError,
    LLMClient,
    ProviderSpec,
    ValidationError,
    register_provider,
    registry,
)
from llm_connectivity.providers.rows import MOCK, ROWS
from llm_connectivity.providers.spec_checks import _CHECKS, check_spec

LAB = ProviderSpec(name="lab", base_url="http://lab.example:8000/v1", needs_key=False)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """Forget what a test registers."""
    monkeypatch.setattr(registry, "_SPECS", registry._SPECS)


def test_registered_server_is_known_by_its_name():
    """A client of it needs no key where it wants none."""
    register_provider(LAB)
    with LLMClient("lab/some/model") as client:
        assert "lab" in repr(client)
    with LLMClient(model="m", provider="lab") as client:
        assert "lab" in repr(client)


def test_registered_server_that_wants_a_key_says_where_from():
    """By its variables, if it has any."""
    register_provider(replace(LAB, needs_key=True, key_variables=("LAB_KEY",)))
    with pytest.raises(AuthenticationError, match="Set LAB_KEY, or give api_key="):
        LLMClient("lab/m")
    register_provider(ProviderSpec(name="lab2", base_url="http://lab.example"))
    with pytest.raises(AuthenticationError, match=r"Give api_key=.*needs_key=False"):
        LLMClient("lab2/m")


def test_registering_the_same_again_is_harmless():
    """A notebook's cell runs twice; a slash at the end makes no other."""
    register_provider(LAB)
    register_provider(replace(LAB, base_url=f"{LAB.base_url}/"))
    assert registry._SPECS["lab"] == LAB


def test_registering_another_one_under_a_name_wants_to_be_meant():
    """Nobody takes a server's place unnoticed."""
    register_provider(LAB)
    other = replace(LAB, base_url="http://elsewhere.example/v1")
    with pytest.raises(ValidationError, match=r"registered with other values.*replace=True"):
        register_provider(other)
    assert registry._SPECS["lab"] == LAB
    register_provider(other, replace=True)
    assert registry._SPECS["lab"] == other


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("again", [True, False], ids=["replace", "plain"])
def test_name_of_the_package_is_taken(spec: ProviderSpec, again: bool):
    """Also where it is meant: a key must not go elsewhere under a known name."""
    with pytest.raises(ValidationError, match="comes with the package"):
        register_provider(replace(LAB, name=spec.name), replace=again)
    assert registry._SPECS[spec.name] == spec


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "my/lab"}, "name can't be 'my/lab'"),
        ({"name": "my lab"}, "name can't be"),
        ({"name": "Lab"}, "lower-case"),
        ({"name": ""}, "name can't be ''"),
        ({"name": "-lab"}, "name can't be"),
        ({"name": "läb"}, "name can't be"),
        ({"name": "lab\n"}, "name can't be"),
        ({"name": None}, "name can't be None"),
        ({"base_url": ""}, "base_url is missing.*localhost"),
        ({"base_url": None}, "base_url is missing"),
        ({"base_url": "lab:8000/v1"}, "base_url 'lab:8000/v1' does not begin with http"),
        ({"base_url": "http://lab/v1?key=abcdef"}, "has a query"),
        ({"base_url": 8000}, "must be a string"),
        ({"adapter": "cohere"}, "adapter names no adapter: 'cohere'.*'anthropic'"),
        ({"adapter": "my.module"}, "adapter names no adapter"),
        ({"adapter": "my.module:"}, "adapter names no adapter"),
        ({"adapter": object}, "adapter names no adapter"),
        ({"adapter": "mock"}, "adapter names no adapter"),
        ({"base_url_variable": "A B"}, "base_url_variable has something"),
        ({"key_variables": "sk-abcdef"}, r"must be a tuple of names.*, not str.*\('MY_KEY',\)"),
        ({"key_variables": ("sk-abcdef",)}, "key_variables has something"),
        ({"key_variables": ("gsk_abcdef",)}, "key_variables has something"),
        ({"needs_key": None}, "needs_key must be True or False"),
        ({"default_model": None}, "default_model must be a string"),
        ({"max_tokens_field": ""}, "max_tokens_field must name a field"),
        ({"reasoning_field": "think"}, "reasoning_field must be one of reasoning_effort"),
        ({"refuses": frozenset({"sed"})}, "refuses must be a set of some of.*seed"),
        ({"refuses": "seed"}, "refuses must be a set"),
        ({"takes": frozenset({"image"})}, "takes must be a set of some of.*image_url"),
        ({"keeps_prompts": 1}, "keeps_prompts must be True or False"),
        ({"counts_streams": "no"}, "counts_streams must be True or False"),
        ({"call_ids": (9, 1)}, "call_ids must be a regular expression"),
        ({"call_ids": ""}, "call_ids must be a regular expression that ids can be made for"),
        ({"call_ids": "[X-Z]+"}, "call_ids must be a regular expression that ids can be made for"),
        ({"call_ids": "[a-z"}, "call_ids is no regular expression: unterminated"),
        ({"message_keys": {"content"}}, "message_keys must be a set of some of name, refusal"),
        ({"docs": 7}, "docs must be a string"),
    ],
)
def test_spec_that_cannot_be_used_is_refused(changes: dict[str, object], says: str):
    """At once, by its field, and before anything is asked."""
    with pytest.raises(ValidationError, match=f"(?s){says}") as caught:
        register_provider(replace(LAB, **changes))
    assert "lab" not in registry._SPECS
    assert "abcdef" not in str(caught.value)


def test_spec_must_be_one():
    """A dict is none."""
    with pytest.raises(ValidationError, match="must be a ProviderSpec, not dict"):
        register_provider({"name": "lab"})


def test_spec_is_checked_in_every_field():
    """A new one has its check."""
    assert set(_CHECKS) == {field.name for field in fields(ProviderSpec)}


@pytest.mark.parametrize("spec", [row for row in ROWS if row != MOCK], ids=lambda spec: spec.name)
def test_rows_of_the_package_pass_the_check(spec: ProviderSpec):
    """They stand as the check would write them."""
    assert check_spec(spec) == spec


def test_spec_may_be_written_with_a_set_and_a_list():
    """It is kept as values that nobody can change."""
    given = replace(LAB, refuses={"seed"}, takes=set(), key_variables=["LAB_KEY"])
    register_provider(given)
    kept = registry._SPECS["lab"]
    assert (kept.refuses, kept.takes, kept.key_variables) == (
        frozenset({"seed"}),
        frozenset(),
        ("LAB_KEY",),
    )


def test_providers_are_registered_and_looked_at_in_many_threads():
    """None is lost, and whoever looks meanwhile sees a whole list."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def look() -> None:
        try:
            while not stop.is_set():
                sorted(registry.known_providers())
        except BaseException as error:
            failures.append(error)

    looking = threading.Thread(target=look)
    looking.start()
    names = [f"lab-{number}" for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: register_provider(replace(LAB, name=name)), names))
    stop.set()
    looking.join()
    assert failures == []
    assert set(names) <= set(registry.known_providers())
