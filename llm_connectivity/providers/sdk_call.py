"""What every adapter does around a call of its vendor's SDK."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

from ..errors import ErrorFacts, LLMError, ProviderError
from ..http.errors import map_transport_error
from ..http.transport import GuardedTransport, limited
from ..limits import Limits
from ..secret import forgotten
from ..signals import find_signalled
from ..wires.json_text import parse_json


def make_http_client(transport: GuardedTransport) -> httpx2.Client:
    """Make the HTTP client that an SDK gets: ours below, no redirects, no cookies."""
    return httpx2.Client(
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
    )


@contextlib.contextmanager
def sdk_call(
    limits: Limits, given: dict[str, Any], to_error: Callable[[Exception], LLMError]
) -> Iterator[None]:
    """Keep limits within a block, and let only our errors out of it.

    Args:
        limits: Those of the attempt.
        given: What the SDK is given: emptied, since tracebacks must show neither key nor prompt.
        to_error: Makes our error of an exception of the SDK's.
    """
    handled = sys.exception()
    with forgotten(given):
        try:
            with limited(limits):
                yield
        except LLMError:
            raise
        except Exception as error:
            signalled = find_signalled(error, handled)
            if signalled is not None:
                raise signalled from signalled.__cause__
            if isinstance(error.__cause__, LLMError):  # raised by the transport, below the SDK
                raise error.__cause__ from error.__cause__.__cause__
            raise to_error(error) from error


def facts_of(
    response: httpx2.Response, *, address: str, cause: Exception | None = None
) -> ErrorFacts:
    """Give the facts of a failure that the server has answered with.

    Args:
        response: The answer; the transport has read its body.
        address: What was asked.
        cause: The SDK's exception.
    """
    return ErrorFacts(
        status=response.status_code,
        headers=response.headers,
        body=_read_body(response),
        cause=cause,
        address=address,
    )


def map_sdk_error(error: BaseException, limits: Limits, *, sdk: str, address: str) -> LLMError:
    """Map what an SDK raises without an answer of the server behind it."""
    mapped = map_transport_error(error.__cause__ or error, limits)
    if mapped is None:
        mapped = map_transport_error(error, limits) or ProviderError(
            f"the {sdk} SDK failed: {type(error).__name__}: {error}", retryable=False
        )
    mapped.provider_error = error
    mapped.message = f"{address}: {mapped.message}"
    return mapped


def _read_body(response: httpx2.Response) -> Any:
    try:
        return parse_json(response.content)
    except ValueError:
        return response.content.decode("utf-8", errors="replace").strip()
