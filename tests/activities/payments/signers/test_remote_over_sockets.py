"""A signing service behind a real socket: one that signs, refuses, dawdles or hangs up."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from solders.keypair import Keypair

from activities.payments.exchanges import Landed
from activities.payments.signers import remote_http
from activities.payments.signers.remote_http import RemoteSigner
from domain.chains import SOLANA_DEVNET
from domain.errors import Misconfigured, SignatureRefused, UpstreamUnavailable
from tests.activities.payments.svm_bench import DELEGATE, KEY, OWN, PAYER, Bench
from tests.activities.payments.wire_server import Reply, WireServer, endless, http, serving

ADDRESS = http(200, json.dumps({"address": OWN}).encode())


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as opened:
        yield opened


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_http, "_ANSWER_SECONDS", 0.3)


async def connected(client: httpx.AsyncClient, server: WireServer) -> RemoteSigner:
    url = f"http://127.0.0.1:{server.port}/caravan"
    return await RemoteSigner.connect(
        client, url=url, network=SOLANA_DEVNET, token=SecretStr("hush")
    )


async def signs(server: WireServer, keypair: Keypair, writer: asyncio.StreamWriter) -> None:
    """Sign what was asked last, as a service by the contract does."""
    _, body = server.requests[-1].split(b"\r\n\r\n", 1)
    signature = keypair.sign_message(base64.b64decode(json.loads(body)["message"]))
    writer.write(http(200, json.dumps({"signature": str(signature)}).encode()))
    await writer.drain()


async def test_a_service_behind_a_socket_pays(bench: Bench, client: httpx.AsyncClient) -> None:
    async with serving(ADDRESS, lambda writer: signs(server, PAYER, writer)) as server:
        bench.rail = bench.rail_of(await connected(client, server))
        unsigned = await bench.prepared()
        await bench.land(unsigned)

    assert isinstance(await bench.outcome(unsigned), Landed)
    asked, signing = (request.decode().lower() for request in server.requests)
    assert asked.startswith("get /caravan/address?network=solana%3a")
    assert signing.startswith("post /caravan/sign ")
    assert "authorization: bearer hush" in asked
    assert "authorization: bearer hush" in signing


async def test_a_service_that_signs_with_another_key_pays_nothing(
    bench: Bench, client: httpx.AsyncClient
) -> None:
    async with serving(ADDRESS, lambda writer: signs(server, DELEGATE, writer)) as server:
        rail = bench.rail_of(await connected(client, server))
        with pytest.raises(SignatureRefused):
            await rail.sign(await bench.prepared(), key=KEY)


@pytest.mark.parametrize("status", [403, 409])
async def test_a_service_refuses_in_its_own_words(client: httpx.AsyncClient, status: int) -> None:
    async with serving(ADDRESS, http(status, b"not on Sundays")) as server:
        signer = await connected(client, server)
        with pytest.raises(SignatureRefused, match="not on Sundays"):
            await signer.sign("AAAA", key=KEY)


LATE: dict[str, Reply] = {
    "silent": endless(b"", b"", pause=0.05),
    "one byte at a time": endless(
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b" ", pause=0.05
    ),
    "one header after the other": endless(b"HTTP/1.1 200 OK\r\n", b"x-y: z\r\n", pause=0.05),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", sorted(LATE))
async def test_a_service_that_dawdles_is_left_in_time(client: httpx.AsyncClient, kind: str) -> None:
    async with serving(ADDRESS, LATE[kind]) as server:
        signer = await connected(client, server)
        began = time.monotonic()
        with pytest.raises(UpstreamUnavailable, match="did not answer"):
            await signer.sign("AAAA", key=KEY)

    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "reply",
    [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", http(200, b"null")],
)
async def test_a_service_that_breaks_off_has_not_refused(
    client: httpx.AsyncClient, reply: bytes
) -> None:
    async with serving(ADDRESS, reply) as server:
        signer = await connected(client, server)
        with pytest.raises(UpstreamUnavailable):
            await signer.sign("AAAA", key=KEY)


async def test_the_token_follows_no_redirect(client: httpx.AsyncClient) -> None:
    async with serving(http(200)) as thief:
        elsewhere = http(307, location=f"http://127.0.0.1:{thief.port}/sign")
        async with serving(ADDRESS, elsewhere) as server:
            signer = await connected(client, server)
            with pytest.raises(UpstreamUnavailable):
                await signer.sign("AAAA", key=KEY)

    assert thief.requests == []


@pytest.mark.parametrize(
    "url", ["http://[broken", "no-url", "http://127.0.0.1:1", "ftp://a.example"]
)
async def test_an_address_without_a_service_is_said_at_the_start(
    client: httpx.AsyncClient, url: str
) -> None:
    with pytest.raises(Misconfigured, match="CARAVAN_SIGNER_URL"):
        await RemoteSigner.connect(client, url=url, network=SOLANA_DEVNET, token=None)
