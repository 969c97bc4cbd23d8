"""The shape of the package: its exports, what importing it loads, how large files may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import llm_connectivity
from llm_connectivity import errors

PACKAGE = Path(llm_connectivity.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# What takes long to import; the price list, the SDK and tenacity come with their first use.
HEAVY = tuple(
    "anthropic google.genai openai pydantic httpx2 httpcore2 genai_prices tenacity asyncio ssl"
    "".split()
)


def _loaded_by(statement: str) -> list[str]:
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50
    )
    return list(ast.literal_eval(result.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import llm_connectivity",
        "from llm_connectivity import LLMClient, ChatStream, RateLimitError, RetryPolicy",
        "import llm_connectivity; llm_connectivity.LLMClient(model='mock/demo')",
    ],
)
def test_import_loads_nothing_heavy(statement: str):
    """Neither does a client of the mock."""
    assert _loaded_by(statement) == []


@pytest.mark.parametrize("provider", ["anthropic", "google", "openai"])
def test_making_a_client_leaves_the_sdk_for_its_first_request(provider: str):
    """It needs the HTTP library alone."""
    statement = f"from llm_connectivity import LLMClient; LLMClient('{provider}/m', api_key='x')"
    sdks = {"anthropic", "google.genai", "openai", "pydantic", "genai_prices"}
    assert not sdks & set(_loaded_by(statement))


@pytest.mark.parametrize("provider", ["anthropic", "google", "openai"])
def test_a_missing_key_loads_no_sdk(provider: str):
    """A script that falls back to the mock starts at once."""
    model = f"{provider}/m"
    ask = f"LLMClient({model!r}, fallbacks=['mock/demo']).chat('Hi')"
    sdks = {"anthropic", "google.genai", "openai", "pydantic"}
    assert not sdks & set(_loaded_by(f"from llm_connectivity import LLMClient; {ask}"))


def test_exports_are_sorted_complete_and_exist():
    """Every public error is among them."""
    names = llm_connectivity.__all__
    assert names == sorted(names)
    assert set(errors.__all__) <= set(names)
    assert all(getattr(llm_connectivity, name) is not None for name in names)
    assert sorted(llm_connectivity._HOMES) == [name for name in names if name != "__version__"]
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = llm_connectivity.Nothing


def test_errors_are_all_below_the_base_and_in_the_drawn_tree():
    """The docstring draws each of them."""
    classes = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(cls, errors.LLMError) for cls in classes)
    assert all(cls.__name__ in (errors.__doc__ or "") for cls in classes)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path: Path):
    """A file is one idea of at most 300 lines; a function has at most 60, docstring apart."""
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            assert node.end_lineno - node.lineno - docstring.count("\n") <= 60, node.name


def test_tools_of_the_tests_do_not_lean_on_what_they_test():
    """The loopback server and the samples are independent of the package."""
    tests = Path(__file__).parent
    files = [*(tests / "server").rglob("*.py"), *(tests / "samples").glob("*/**/*.*")]
    texts = {path: path.read_bytes() for path in files if path.suffix != ".pyc"}
    assert len(texts) > 5
    assert [path for path, text in texts.items() if b"llm_connectivity" in text] == []


@pytest.mark.parametrize("kind", ["wires", "adapters"])
def test_linter_knows_every_wire_and_every_adapter(kind: str):
    """Those that must not know each other are listed by hand."""
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    listed = next(c for c in contracts if c["name"].lower().startswith(kind))["modules"]
    if kind == "adapters":
        found = [f"providers.{path.stem}" for path in PACKAGE.glob("providers/*_adapter.py")]
    else:
        # A wire is what has a stream decoder.
        found = [
            f"wires.{path.relative_to(PACKAGE / 'wires').parts[0].removesuffix('.py')}"
            for path in PACKAGE.glob("wires/**/*.py")
            if "def stream_decoder" in path.read_text(encoding="utf-8") and path.stem != "base"
        ]
    assert sorted(listed) == sorted(f"llm_connectivity.{name}" for name in found)
