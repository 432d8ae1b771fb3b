"""Which addresses may be called: checked once, at the moment of connecting, with TLS by name."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from activities.payments.http_addresses import (
    CheckedBackend,
    CheckedTransport,
    check_url,
    forbidden_address,
)
from activities.payments.seller_http import HttpSeller
from domain.errors import AddressForbidden, UpstreamUnavailable
from tests.activities.payments.test_seller_http import order
from tests.activities.payments.wire_server import http, serving

PUBLIC = "93.184.216.34"


class Redialled(httpcore.AsyncNetworkBackend):
    """Connects to a local port, whatever address it is told, and remembers which it was."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._real: Any = httpcore.AnyIOBackend()
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the package's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        stream: httpcore.AsyncNetworkStream = await self._real.connect_tcp(
            "127.0.0.1", self._port, timeout=timeout
        )
        return stream


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "fd00:ec2::254"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "2001:0:7f00:1::", "2001:db8::1", "not an address", ""),
    ],
)
def test_no_private_address_passes_in_any_spelling(address: str) -> None:
    assert forbidden_address(address) is not None


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_pass(address: str) -> None:
    assert forbidden_address(address) is None


@given(st.ip_addresses(v=4))
def test_what_passes_wrapped_in_ipv6_passes_bare(address: ipaddress.IPv4Address) -> None:
    wrapped = f"::ffff:{address}"

    assert forbidden_address(wrapped) is not None or forbidden_address(str(address)) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x",
        "ftp://a.example/x",
        "file:///etc/passwd",
        "https:///x",
        "https://user:secret@a.example/",
        "https://a.example@evil.example/",
        "https://[::1/",
        "https://a.example:port/",
        "",
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(AddressForbidden) as refused:
        check_url(url, allow_private_hosts=False)

    assert "secret" not in str(refused.value)


def test_a_local_stack_may_live_without_tls() -> None:
    check_url("http://127.0.0.1:4021/x", allow_private_hosts=True)


async def test_a_name_with_one_private_address_is_not_called_at_all() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return [PUBLIC, "169.254.169.254"]

    inner = Redialled(9)
    backend = CheckedBackend(resolver=resolver, inner=inner)

    with pytest.raises(AddressForbidden, match=r"169\.254\.169\.254"):
        await backend.connect_tcp("metadata.example", 443)

    assert inner.dialled == []


async def test_a_name_server_that_changes_its_mind_changes_nothing() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]

    async def resolver(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    async with serving(http(200)) as server:
        inner = Redialled(server.port)
        stream = await CheckedBackend(resolver=resolver, inner=inner).connect_tcp("a.example", 443)
        await stream.aclose()

    assert inner.dialled == [PUBLIC]
    assert len(answers) == 1  # nobody asked the name server a second time


async def test_a_name_that_is_not_found_is_asked_again_later() -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    transport = CheckedTransport(CheckedBackend(resolver=resolver))
    seller = HttpSeller(transport, allow_private_hosts=False)

    with pytest.raises(UpstreamUnavailable, match="cannot be found"):
        await seller.ask(order("https://a.example/run"))

    await seller.close()


async def test_the_real_seller_calls_no_address_of_this_machine() -> None:
    async with serving(http(200)) as server:
        seller = HttpSeller(allow_private_hosts=False)
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"):
            with pytest.raises((AddressForbidden, UpstreamUnavailable)):
                await seller.ask(order(f"https://{host}:{server.port}/run"))
        await seller.close()

    assert server.requests == []


@pytest.mark.parametrize(("name", "reached"), [("a.example", True), ("b.example", False)])
async def test_tls_verifies_the_name_though_the_connection_is_by_address(
    tmp_path: Path, name: str, *, reached: bool
) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return [PUBLIC]

    certificate = _certificate(tmp_path, "a.example")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    async with serving(http(200), tls=served) as server:
        backend = CheckedBackend(resolver=resolver, inner=Redialled(server.port))
        seller = HttpSeller(CheckedTransport(backend, trust=trust), allow_private_hosts=False)
        untrusted = pytest.raises(UpstreamUnavailable, match="CERTIFICATE_VERIFY_FAILED")
        with nullcontext() if reached else untrusted:
            await seller.ask(order(f"https://{name}/run"))
        await seller.close()
        await asyncio.sleep(0.05)

    assert bool(server.requests) is reached


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path
