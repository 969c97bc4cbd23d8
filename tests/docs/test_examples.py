"""Every example runs as a script, offline, and prints what its golden file holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_prints_its_golden_transcript(path: Path):
    """Byte for byte, and nothing on stderr."""
    result = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=50)
    golden = (ROOT / "tests" / "docs" / "golden" / f"{path.stem}.txt").read_text()
    assert (result.stdout, result.stderr, result.returncode) == (golden, "", 0)
