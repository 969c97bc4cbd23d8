"""Which proxy an address is asked through: the one that was given, else that of the environment."""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx2

from ..errors import ValidationError
from ..secret import Secret, forms_of

_ARGUMENT = "proxy="
_SYSTEM = "the system's settings"

_HOST_END = re.compile(r"[/?#]")
_NO_PORT = re.compile(r"https?:?/", re.IGNORECASE)  # "http:/host", "http//host"
_EXAMPLE = "Write it like http://proxy.example:3128."


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy.

    Attributes:
        host: Its name or address.
        port: Its port.
        origin: What names it: ``"proxy="`` or an environment variable.
        user: User name and password, where there are any: a `Secret` of two strings.
    """

    host: str
    port: int
    origin: str
    user: Secret | None = None

    def __str__(self) -> str:
        return f"{join_address(self.host, self.port)} ({self.origin})"

    def authorization(self) -> Secret | None:
        """Give the value of the header that names the user."""
        if self.user is None:
            return None
        return Secret("Basic " + base64.b64encode(":".join(self.user.reveal()).encode()).decode())

    def keys(self) -> list[str]:
        """Give what must not be shown of the user: the password, and whatever holds it."""
        if self.user is None:
            return []
        user, password = self.user.reveal()
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        # A user without a password is a token of some service.
        secret = password or user
        return forms_of([f"{user}:{password}", token, secret])


def join_address(host: str, port: int) -> str:
    """Give a host and a port as one text."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def choose_proxy(base_url: str, given: object) -> Proxy | None:
    """Decide through which proxy an address is asked, as the vendors' SDKs do.

    Args:
        base_url: The address.
        given: A `Secret` of the proxy's URL, which counts for every address; ``None``: the
            environment says, ``NO_PROXY`` included.

    Returns:
        ``None``: through none.

    Raises:
        ValidationError: The proxy can't be used; user name and password are not shown.
    """
    origin, url = (_ARGUMENT, given) if given is not None else _look_up(httpx2.URL(base_url))
    if url is None:
        return None
    # The frame that has looked at the URL is gone when this raises.
    proxy = _read(url.reveal() if isinstance(url, Secret) else url, origin)
    if isinstance(proxy, ValidationError):
        raise proxy
    return proxy


def _look_up(target: httpx2.URL) -> tuple[str, Secret | None]:
    """Give the variable that names a proxy for an address, and what it names."""
    proxies = getproxies()
    scheme = next((one for one in (target.scheme, "all") if proxies.get(one)), None)
    exempt = [entry.strip() for entry in proxies.get("no", "").split(",")]
    if scheme is None or "*" in exempt or any(_is_exempt(one, target) for one in exempt):
        return "", None
    origin = _name_variable(scheme, proxies[scheme])
    if origin == _SYSTEM and proxy_bypass(target.host):
        return "", None
    return origin, Secret(proxies[scheme])


def _name_variable(scheme: str, url: str) -> str:
    """Say which variable a proxy is from; lower case goes first, as it does when it is read."""
    lower = f"{scheme}_proxy"
    found = [name for name in os.environ if name.lower() == lower and os.environ[name] == url]
    return max(found, default=_SYSTEM)


def _is_exempt(entry: str, target: httpx2.URL) -> bool:
    """Whether an entry of ``NO_PROXY`` names an address, read as httpx2 reads it."""
    try:
        pattern = httpx2.URL(_write_whole(entry))
    except httpx2.InvalidURL:
        return False
    if pattern.scheme not in ("all", target.scheme) or pattern.port not in (None, target.port):
        return False
    name, host = pattern.host, target.host
    network = _read_network(name, pattern.path)
    if network is not None:
        return any(address in network for address in _addresses(host))
    if name in ("", "*"):
        return pattern.port is not None or pattern.scheme == target.scheme
    if name.startswith("*."):  # what is below a domain
        return host.endswith(name[1:])
    if name.startswith("*"):  # and the domain itself
        return host == name[1:] or host.endswith(f".{name[1:]}")
    return host == name and not (pattern.path.strip("/") and list(_addresses(name)))


def _write_whole(entry: str) -> str:
    """Write an entry of ``NO_PROXY`` as a URL; ``*`` stands for any beginning of a name."""
    address, slash, bits = entry.partition("/")
    kinds = [one.version for one in _addresses(address)]
    if "://" in entry or not entry:
        return entry
    if kinds == [6]:
        return f"all://[{address}]{slash}{bits}"
    if kinds == [4] or entry.startswith("[") or entry.lower() == "localhost":
        return f"all://{entry}"
    if slash:
        return ""
    return f"all://{entry}" if entry.startswith("*.") else f"all://*{entry}"


def _addresses(host: str) -> Iterator[Any]:
    """Give the IP address that a host is, if it is one."""
    try:
        yield ipaddress.ip_address(host)
    except ValueError:
        return


def _read_network(host: str, path: str) -> Any:
    bits = path.strip("/")
    if not bits.isdigit():
        return None
    try:
        return ipaddress.ip_network(f"{host}/{bits}", strict=False)
    except ValueError:
        return None


def _read(text: Any, origin: str) -> Proxy | ValidationError:
    """Read a proxy's URL, or say what is wrong with it without showing it."""
    if not isinstance(text, str):
        return _refuse(f"{origin} must be a string, not {type(text).__name__}.", _EXAMPLE, origin)
    if not text:
        return _refuse(f"{origin} is empty.", "Leave it out, or name a proxy.", origin)
    if text != text.strip():
        what = f"{origin} has a blank or a line break at its beginning or end."
        return _refuse(what, "Remove it.", origin)
    scheme, separator, rest = text.partition("://")
    scheme, rest = (scheme.lower(), rest) if separator else ("http", text)
    if scheme.startswith("socks"):
        what = f"{origin} names a SOCKS proxy, and only HTTP proxies are spoken to."
        return _refuse(what, "Name an HTTP proxy, like http://proxy.example:3128.", origin)
    if scheme == "https":
        what = f"{origin} begins with https://: TLS to the proxy itself is not supported."
        hint = "Write http:// for the proxy; what goes through it to an https:// address has TLS."
        return _refuse(what, hint, origin)
    if scheme != "http":
        what = f"{origin} names a proxy of a kind that is not known: it must begin with http://."
        return _refuse(what, _EXAMPLE, origin)
    return _read_http(rest, origin)


def _read_http(rest: str, origin: str) -> Proxy | ValidationError:
    try:
        if _NO_PORT.match(rest) or not rest.isprintable() or " " in rest:
            raise ValueError
        url = httpx2.URL(f"http://{rest}")
        if rest.startswith("/") or not 0 < (80 if url.port is None else url.port) < 65536:
            raise ValueError
        # An unescaped "/", "?" or "#" in a password would make a host of what stands before it.
        if not url.host or "@" in "".join(_HOST_END.split(rest, maxsplit=1)[1:]):
            raise ValueError
    except (ValueError, httpx2.InvalidURL):
        what = f"{origin} is not a valid URL of a proxy (its text is not shown)."
        hint = f"{_EXAMPLE} In user name and password, write '@', '/', ':', '#' as %40, %2F ..."
        return _refuse(what, hint, origin)
    secret = Secret((url.username, url.password)) if url.userinfo else None
    return Proxy(url.raw_host.decode(), url.port or 80, origin, secret)


def _refuse(what: str, hint: str, origin: str) -> ValidationError:
    if origin not in (_ARGUMENT, _SYSTEM):
        hint += " A host that needs no proxy can be listed in NO_PROXY."
    return ValidationError(what, code="invalid_proxy", hint=hint)
