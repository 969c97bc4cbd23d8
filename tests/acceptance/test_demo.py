"""Row 3.10: the demo, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds import WireWorld

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "docs" / "golden"


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "docs/examples/streaming.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_3_10_the_demo_prints_its_four_sections(wire: WireWorld):
    """Byte for byte as in the golden files: offline on the mock, and on a vendor's wire."""
    offline = _run()
    assert (offline.stdout, offline.stderr) == ((GOLDEN / "streaming-mock.txt").read_text(), "")
    assert offline.returncode == 0

    wire.play("hello")
    online = _run("--model", wire.model, **wire.environment())
    golden = (GOLDEN / f"streaming-{wire.provider}.txt").read_text()
    assert (online.stdout, online.stderr, online.returncode) == (golden, "", 0)


@pytest.mark.parametrize("lacking", ["key", "provider"])
def test_3_10_without_a_key_or_provider_the_demo_says_what_to_do(wire: WireWorld, lacking: str):
    """One line on stderr, and exit status 1."""
    result = _run("--model", wire.model if lacking == "key" else wire.model_name)
    assert result.returncode == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
