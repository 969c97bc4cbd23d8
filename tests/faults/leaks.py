"""Where an error, or a log, shows what nobody may see."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable, Mapping

from llm_connectivity import LLMError

# So much of a secret's beginning gives it away.
_TELLTALE = 12


def places_that_show(
    secrets: Mapping[str, str], errors: Iterable[LLMError], log: Iterable[str]
) -> tuple[str, ...]:
    """Give where secrets are to be seen: ``"key in its traceback"``, each place once.

    Args:
        secrets: What nobody may see, by what it is called.
        errors: What was raised or told of.
        log: What was logged; a prompt may be there, since vendors' SDKs log what they send.
    """
    shown = [place for error in errors for place in _shown_by(error, secrets)]
    if any(secrets["key"][:_TELLTALE] in line for line in log):
        shown.append("key in the log")
    return tuple(dict.fromkeys(shown))


def is_same_after_pickle(error: LLMError) -> bool:
    """Whether an error comes back with equal fields; the vendor's exception is a description."""
    copy = pickle.loads(pickle.dumps(error))
    return (
        type(copy) is type(error)
        and copy.to_dict() == error.to_dict()
        and str(copy) == str(error)
        and (copy.provider_error is None) == (error.provider_error is None)
    )


def _shown_by(error: LLMError, secrets: Mapping[str, str]) -> list[str]:
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    places = {
        "text": f"{error} {error!r}",
        "fields": str(vars(error)) + str(error.to_dict()),
        "traceback": "".join(told.format()),
        "pickle": pickle.dumps(error).decode("latin-1"),
    }
    return [
        f"{name} in its {place}"
        for name, secret in secrets.items()
        for place, text in places.items()
        if secret[:_TELLTALE] in text
    ]
