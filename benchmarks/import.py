"""Time of ``import llm_connectivity``, over the bare interpreter and beside the vendor's SDK.

python benchmarks/import.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15

STATEMENTS = {
    "bare interpreter": "pass",
    "import llm_connectivity": "import llm_connectivity",
    "from llm_connectivity import LLMClient": "from llm_connectivity import LLMClient",
    "import openai": "import openai",
}


def measure(statement: str) -> float:
    """Give the median milliseconds of a fresh interpreter that runs a statement."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print the table; what counts are the differences and ratios of one run."""
    medians = {name: measure(statement) for name, statement in STATEMENTS.items()}
    bare = medians["bare interpreter"]
    sdk = medians["import openai"] - bare
    for name, median in medians.items():
        over = median - bare
        print(f"{name:40} {over:7.1f} ms over the bare interpreter   {over / sdk:5.2f} of the SDK")


if __name__ == "__main__":
    main()
