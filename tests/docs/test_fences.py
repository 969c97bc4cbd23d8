"""Every fence of the README and the docs is executed, and prints what the document says."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser

from llm_connectivity import RetryPolicy, registry
from llm_connectivity.providers.rows import ROWS
from tests.worlds import WIRES

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# What the README's own commands do is tried in a fresh clone, not from within the tests.
MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _run_python(example: Example) -> None:
    printed = io.StringIO()
    code = compile(example.parsed, f"{example.path}:{example.line}", "exec")
    with redirect_stdout(printed):
        exec(code, example.namespace)
    example.namespace["_printed"] = printed.getvalue()


def _run_python_on_the_mock(example: Example) -> None:
    vendors = "|".join(world.model.partition("/")[0] for world in WIRES.values())
    code = re.sub(rf'"(?:{vendors})/[^"]+"', '"mock/demo"', str(example.parsed))
    with redirect_stdout(io.StringIO()):
        exec(compile(code, f"{example.path}:{example.line}", "exec"), example.namespace)


def _compare_text(example: Example) -> None:
    assert example.namespace.get("_printed") == example.parsed, f"line {example.line}"


def _run_bash(example: Example) -> None:
    for line in example.parsed.splitlines():
        command = line.partition("#")[0].split()
        if command[0] == "make":
            assert all(target in MAKE_TARGETS for target in command[1:] if "=" not in target)
        else:
            assert command[0] == ".venv/bin/python", f"line {example.line}: {line}"
            result = subprocess.run(
                [sys.executable, *command[1:]], cwd=ROOT, capture_output=True, timeout=50
            )
            assert (result.returncode, result.stderr) == (0, b"")


EVALUATORS = {"python": _run_python, "text": _compare_text, "bash": _run_bash}


@pytest.fixture(autouse=True)
def as_before(caplog, monkeypatch):
    """Take back what a fence sets on our logger, and the servers that it registers."""
    caplog.set_level(logging.WARNING, "llm_connectivity")
    monkeypatch.setattr(registry, "_SPECS", registry._SPECS)


def _evaluate(path: Path, evaluators: dict[str, Callable[[Example], None]]) -> None:
    parsers = [CodeBlockParser(language, run) for language, run in evaluators.items()]
    for example in Sybil(parsers=parsers, path=str(ROOT)).parse(path).examples():
        example.evaluate()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_fences_run_as_they_stand(path: Path, policy: RetryPolicy, monkeypatch):
    """With keys set, and loopback servers at the vendors' addresses."""
    with ExitStack() as stack:
        for world in WIRES.values():
            wire = stack.enter_context(world(policy, []))
            wire.play("hello", pause=0.01)
            for name, value in wire.environment().items():
                monkeypatch.setenv(name, value)
        _evaluate(path, EVALUATORS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_fences_run_without_a_key(path: Path):
    """With the mock's model in the place of all others."""
    _evaluate(path, {"python": _run_python_on_the_mock})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_fences_have_a_language_that_is_executed(path: Path):
    """None is left out; prose that only looks like a fence has none."""
    languages = re.findall(r"^```(\S*)$", path.read_text(), re.MULTILINE)
    assert set(languages[::2]) <= set(EVALUATORS)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(path: Path):
    """Relative ones."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_readme_names_every_provider():
    """In its table, with the variable that holds the key."""
    readme = (ROOT / "README.md").read_text()
    for spec in ROWS:
        row = next((line for line in readme.splitlines() if f"| `{spec.name}/" in line), "")
        assert row, f"the README's table of providers has no line for {spec.name}"
        assert all(f"`{name}`" in row for name in spec.key_variables)


def test_readme_lists_the_variables_that_the_code_reads():
    """And the code reads no others; wires read none, their capitals are the vendors' words."""
    paths = (ROOT / "llm_connectivity").rglob("*.py")
    code = "".join(path.read_text() for path in paths if "wires" not in path.parts)
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"\"([A-Z]+_[A-Z_]+)\"", code)) - {"WRONG_VERSION_NUMBER"}  # of TLS
    assert named <= set(re.findall(r"`([A-Z_]+)`", readme))
    assert "OPENAI_API_KEY" in named
