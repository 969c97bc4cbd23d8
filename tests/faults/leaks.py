"""Where an error, a client or a log shows what nobody may see."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable, Iterator, Mapping

from llm_connectivity import LLMError

# So much of a secret's beginning gives it away.
_TELLTALE = 12

# What a vendor's SDK may say and we may not: it logs, and holds, what it sends.
_PROMPT = "prompt"
_OUR_LOGGER = "llm_connectivity"


def places_that_show(
    secrets: Mapping[str, str],
    errors: Iterable[LLMError],
    log: Iterable[tuple[str, str]] = (),
    others: Iterable[object] = (),
) -> tuple[str, ...]:
    """Give where secrets are to be seen: ``"key in its traceback"``, each place once.

    Args:
        secrets: What nobody may see, by what it is called.
        errors: What was raised or told of; those behind them are looked at too.
        log: Names of loggers, and what they logged.
        others: What else may be printed: clients, adapters.
    """
    shown = [place for error in errors for place in _shown_by(error, secrets)]
    shown += _found({"repr": "".join(map(repr, others))}, secrets)
    for logger, line in log:
        ours = logger.startswith(_OUR_LOGGER)
        said = {name: text for name, text in secrets.items() if ours or name != _PROMPT}
        shown += _found({"log": line}, said)
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
    causes = list(_behind(error))
    return _found(
        {
            "text": f"{error} {error!r}",
            "fields": str(vars(error)) + str(error.to_dict()),
            "causes": "".join(f"{cause} {cause!r} {vars(cause)}" for cause in causes),
            "requests": "".join(map(_http_of, causes)),
            "traceback": "".join(told.format()),
            "pickle": pickle.dumps(error).decode("latin-1"),
        },
        secrets,
    )


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Give the exceptions behind one, and those among their arguments."""
    rest: list[object] = [error.__cause__, error.__context__]
    seen = {id(error)}
    while rest:
        link = rest.pop()
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            rest += [link.__cause__, link.__context__, *link.args]
            yield link


def _http_of(error: BaseException) -> str:
    """Give the headers and the answer that an exception of a vendor's SDK carries along."""
    request, response = vars(error).get("request"), vars(error).get("response")
    request = request or vars(error).get("_request")
    headers = [one.headers.raw for one in (request, response) if hasattr(one, "headers")]
    body = response.content if hasattr(response, "content") else b""
    address = getattr(request, "url", "")
    return f"{headers} {address} {body!r}"


def _found(places: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    return [
        f"{name} in its {place}" if place != "log" else f"{name} in the log"
        for name, secret in secrets.items()
        for place, text in places.items()
        if secret[:_TELLTALE] in text
    ]
