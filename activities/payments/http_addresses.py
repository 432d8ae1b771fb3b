"""Which addresses may be called, decided at the moment of connecting.

A name is resolved once, every address it has is checked, and the connection goes to one that was
checked. Resolving a second time would let a name server change its mind in between. TLS still
verifies the name, because only the connection below it is made by address.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx

from domain.errors import AddressForbidden

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Finds every address of a name."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into the IPv4 one at their end. Source: RFC 6052."""

_NAT64_LOCAL: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
"""The same for private use, by any layout. Source: RFC 8215."""


def forbidden_address(text: str) -> str | None:
    """Say why an address must not be called; ``None`` when it is a public one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "is no address"
    for each in (address, *_inside(address)):
        if each.is_multicast:
            return f"is a multicast address ({text})"
        if not each.is_global:
            return f"is a private address ({text})"
    return None


def _inside(address: IpAddress) -> tuple[IpAddress, ...]:
    """Addresses that a packet to ``address`` may really reach."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[IpAddress | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo is not None:
        found += address.teredo
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    if address in _NAT64_LOCAL:
        found.append(ipaddress.IPv4Address(0))
    return tuple(each for each in found if each is not None)


def check_url(url: str, *, allow_private_hosts: bool) -> None:
    """Refuse what is no plain address of a service, before any name is looked up.

    Raises:
        AddressForbidden: It is not https, names no host, or carries a login.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as err:
        raise AddressForbidden(f"{url[:200]} cannot be read as an address") from err
    schemes = {"https", "http"} if allow_private_hosts else {"https"}
    if parts.scheme not in schemes or not host:
        raise AddressForbidden(f"{url[:200]} is not an https address")
    if parts.username is not None or parts.password is not None:
        raise AddressForbidden(f"the address at {host} carries a login")


async def resolve(host: str, port: int) -> list[str]:
    """Every address of ``host``, by the system's resolver.

    Raises:
        OSError: It cannot be found.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, and to no others."""

    def __init__(
        self, *, resolver: Resolver = resolve, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._resolver = resolver
        plain: Any = httpcore.AnyIOBackend()  # the package hides its methods from checkers
        self._inner: httpcore.AsyncNetworkBackend = inner or plain

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the package's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve once, refuse what is not public, connect to what was checked."""
        try:
            addresses = await asyncio.wait_for(self._resolver(host, port), timeout)
        except TimeoutError as err:
            raise httpcore.ConnectTimeout(f"{host} was not found in time") from err
        except (OSError, UnicodeError) as err:
            raise httpcore.ConnectError(f"{host} cannot be found: {err}") from err
        for address in addresses:
            problem = forbidden_address(address)
            if problem is not None:
                raise AddressForbidden(f"{host} {problem}")
        failure: httpcore.ConnectError = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address,
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except httpcore.ConnectError as err:
                failure = err
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the package's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no seller lives behind a socket of this machine."""
        del timeout, socket_options
        raise AddressForbidden(f"{path} is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over ``CheckedBackend``; it knows no proxy."""

    def __init__(
        self, backend: CheckedBackend | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        """Connect.

        Args:
            backend: How connections are made.
            trust: Whose certificates count; the usual authorities' without it.
        """
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust or httpx.create_ssl_context(trust_env=False),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=backend or CheckedBackend(),
        )


def seller_transport(*, allow_private_hosts: bool) -> httpx.AsyncBaseTransport:
    """How strangers' services are reached: no proxy, no redirects, nothing kept between requests.

    Args:
        allow_private_hosts: Connect anywhere, unchecked; only for a local stack.
    """
    if allow_private_hosts:
        return httpx.AsyncHTTPTransport(trust_env=False)
    return CheckedTransport()
