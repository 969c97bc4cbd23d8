"""Options that Gemini's API has in one object, generationConfig.

https://ai.google.dev/api/generate-content#generationconfig
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Our name -> the vendor's.
CONFIG_FIELDS = {
    "temperature": "temperature",
    "max_tokens": "maxOutputTokens",
    "top_p": "topP",
    "stop": "stopSequences",
    "seed": "seed",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "n": "candidateCount",
}

# Either says how much is to be thought; the API refuses both together.
_AMOUNTS = ("thinkingLevel", "thinkingBudget")


def write_config(
    options: Mapping[str, Any], extra: Mapping[str, Any], warnings: list[str]
) -> dict[str, Any]:
    """Write the options that were given, but for those that the vendor's own keywords replace.

    Args:
        options: Checked options.
        extra: The vendor's own keywords of the call.
        warnings: Is added to where these say what an option says too.
    """
    config, told = _write(options), extra.get("generationConfig")
    if isinstance(told, Mapping):
        warnings += _replace(config, told)
        warnings += _replace_thinking(config.get("thinkingConfig"), told.get("thinkingConfig"))
        count = told.get("candidateCount")
        if isinstance(count, int) and count > 1:
            warnings.append(
                f"generationConfig={{'candidateCount': {count}}} asks for several answers: "
                "a stream gives the first of them alone."
            )
    return config


def _replace(config: dict[str, Any], told: Mapping[str, Any]) -> list[str]:
    """Warn of what is said twice, and take out a schema beside which another one is refused."""
    replaced = [
        (option, name)
        for option, name in CONFIG_FIELDS.items()
        if name in config and config[name] != told.get(name, config[name])
    ]
    if "responseSchema" in told and config.pop("responseJsonSchema", None) is not None:
        replaced.append(("response_format", "responseSchema"))
    return [f"generationConfig={{{name!r}: ...}} replaces {option}=." for option, name in replaced]


def _replace_thinking(thinking: Any, told: Any) -> list[str]:
    said = [name for name in _AMOUNTS if isinstance(told, Mapping) and name in told]
    replaced = [name for name in _AMOUNTS if thinking and said and name in thinking]
    for name in replaced:
        del thinking[name]
    return [
        f"generationConfig={{'thinkingConfig': {{{said[0]!r}: ...}}}} replaces reasoning=."
        for _ in replaced
    ]


def _write(options: Mapping[str, Any]) -> dict[str, Any]:
    config = {CONFIG_FIELDS[name]: options[name] for name in options if name in CONFIG_FIELDS}
    if isinstance(config.get("stopSequences"), str):
        config["stopSequences"] = [config["stopSequences"]]
    if "reasoning" in options:
        config["thinkingConfig"] = _thinking(options["reasoning"])
    return config | _form(options.get("response_format", {}))


def _thinking(reasoning: str | int) -> dict[str, Any]:
    """Say how much is to be thought; https://ai.google.dev/gemini-api/docs/thinking.

    Newer models take a word, older ones a number of tokens, of which 0 is none.
    """
    if isinstance(reasoning, str):
        return {"thinkingLevel": reasoning, "includeThoughts": True}
    budget: dict[str, Any] = {"thinkingBudget": reasoning}
    return budget | {"includeThoughts": True} if reasoning else budget


def _form(response_format: Mapping[str, Any]) -> dict[str, Any]:
    """Say what the answer is to look like.

    https://ai.google.dev/gemini-api/docs/structured-output
    """
    if response_format.get("type") in (None, "text"):
        return {}
    form: dict[str, Any] = {"responseMimeType": "application/json"}
    if "json_schema" in response_format:
        form["responseJsonSchema"] = response_format["json_schema"]["schema"]
    return form
