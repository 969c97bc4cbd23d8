"""Writes the page of the servers from their rows, for `make servers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from llm_connectivity.providers.base import ProviderSpec
from llm_connectivity.providers.compatible import HOSTED, LOCAL
from llm_connectivity.providers.rows import OPENAI

PATH = Path(__file__).parents[2] / "docs" / "reference" / "servers.md"

_INTRO = """\
# Servers that speak OpenAI's wire

Each of these is a provider of its own: `LLMClient("groq/<model>")` asks it at its own address,
with its own key, and nothing that the environment holds for OpenAI. Another address is given as
`base_url=`. Answers of all of them are read alike; what differs is what may be sent.

Written by `make servers` from the rows of the package; a test fails where it is out of date.

"""

_LOCAL = """\

On your own machine, or wherever `base_url=` says. They want no key unless they were started with
one; it is sent where it is given, or in the variable.

"""

_TAKES = """\

## What each of them takes

*Refuses* are options that the server answers with an error: they are a `ValidationError` before
anything is sent, or left out with a warning (`drop_unsupported=True`). A single model may take
less than its server; then the server says so. What is not listed goes as it was given, and
`extra_body={...}` sends anything.

"""

_NOTES = """\

`max_tokens` is sent as such wherever `base_url` leads elsewhere. *Usage of streams* is asked for
with `stream_options`; the others tell it unasked.

"""

_OWN = """\
## One of your own

One line makes a server known by a name, in this process:

```python
from llm_connectivity import LLMClient, ProviderSpec, register_provider

register_provider(ProviderSpec(name="gpu-box", base_url="http://gpu-box:8000/v1", needs_key=False))
client = LLMClient("openai/gpt-4o-mini", fallbacks=["gpu-box/qwen3-32b"])
```

With a key of its own: `key_variables=("GPU_BOX_KEY",)` in place of `needs_key=False`. One that
speaks Anthropic's or Google's wire: `adapter="anthropic"` or `adapter="google"`. What it refuses,
and the other columns of the table above, are fields of `ProviderSpec` too. The name must be a new
one; registering the same again changes nothing, and another one under the name wants
`replace=True`.

Without a name, for a single client, an address is enough:
`LLMClient("openai/<model>", base_url=...)`.

## Azure OpenAI

Its [v1 endpoint](https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle)
speaks the same wire: `base_url="https://<resource>.openai.azure.com/openai/v1/"`, the deployment's
name as model, `"openai/<deployment>"`, and the key as `api_key=`. Where the deployment's model
wants it, give `max_completion_tokens=` in place of `max_tokens=`.
"""


def page() -> str:
    """Make the page."""
    return "".join(
        (
            _INTRO,
            _table(("model", "address", "key", "documentation"), map(_where, HOSTED)),
            _LOCAL,
            _table(("model", "address", "key, if any", "documentation"), map(_where, LOCAL)),
            _TAKES,
            _table(
                (
                    "server",
                    "`max_tokens` goes as",
                    "refuses",
                    "parts besides text",
                    "`reasoning` goes as",
                    "`cache_control`",
                    "usage of streams",
                ),
                map(_quirks, (OPENAI, *HOSTED, *LOCAL)),
            ),
            _NOTES,
            _OWN,
        )
    )


def _where(spec: ProviderSpec) -> Sequence[str]:
    host = spec.docs.removeprefix("https://").partition("/")[0]
    key = " or ".join(f"`{name}`" for name in spec.key_variables)
    return f"`{spec.name}/<model>`", f"`{spec.base_url}`", key, f"[{host}]({spec.docs})"


def _quirks(spec: ProviderSpec) -> Sequence[str]:
    return (
        spec.name,
        f"`{spec.max_tokens_field}`",
        _names(spec.refuses),
        _names(spec.takes),
        f"`{spec.reasoning_field}`",
        "sent" if spec.keeps_prompts else "left out",
        "asked for" if spec.counts_streams else "comes unasked",
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write the page."""
    PATH.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
