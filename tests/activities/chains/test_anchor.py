"""The run's record on a real local chain: written once, found again, confirmed."""

from collections.abc import AsyncIterator, Iterator

import pytest
from solana.rpc.async_api import AsyncClient
from solders.keypair import Keypair
from temporalio.testing import ActivityEnvironment

from activities.chains.memo_solana import SolanaMemoWriter
from activities.chains.service import ChainActivities
from deploy.localnet.genesis import Grant
from deploy.localnet.server import LocalnetServer
from domain.chains import SOLANA_DEVNET
from domain.errors import UpstreamUnavailable, WalletUnfunded
from domain.ids import Digest, RequestId
from domain.writes import AnchorRecord

WALLET = Keypair.from_seed(bytes([7] * 32))
RECORD = AnchorRecord(
    request_id=RequestId("r"),
    record_digest=Digest("a" * 64),
    receipts_root=Digest("b" * 64),
    network=SOLANA_DEVNET,
)


@pytest.fixture
def chain() -> Iterator[LocalnetServer]:
    with LocalnetServer(None, grants=[Grant(WALLET.pubkey(), 10**9, None)]) as server:
        yield server


@pytest.fixture
async def client(chain: LocalnetServer) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(chain.rpc_url) as opened:
        yield opened


def activities(client: AsyncClient, wallet: Keypair = WALLET) -> ChainActivities:
    return ChainActivities(SolanaMemoWriter(client, wallet))


async def test_a_record_is_confirmed_on_chain(client: AsyncClient) -> None:
    receipt = await ActivityEnvironment().run(activities(client).anchor, RECORD)

    rows = (await client.get_signatures_for_address(WALLET.pubkey())).value
    assert receipt.state == "confirmed"
    assert [row.memo for row in rows if str(row.signature) == receipt.transaction] == [
        f"[{len(RECORD.memo)}] {RECORD.memo}"
    ]


async def test_a_retry_finds_the_record_instead_of_writing_it_again(client: AsyncClient) -> None:
    first = await ActivityEnvironment().run(activities(client).anchor, RECORD)
    second = await ActivityEnvironment().run(activities(client).anchor, RECORD)

    assert first == second


async def test_a_wallet_without_money_is_named(client: AsyncClient) -> None:
    with pytest.raises(WalletUnfunded, match="holds 0 lamports"):
        await ActivityEnvironment().run(activities(client, Keypair()).anchor, RECORD)


async def test_a_network_that_fails_is_retried_later(
    chain: LocalnetServer, client: AsyncClient
) -> None:
    chain.rpc.answer(
        b'{"jsonrpc":"2.0","id":1,"method":"localnet_setFault",'
        b'"params":[{"kind":"rpc_error","method":"sendTransaction"}]}'
    )

    with pytest.raises(UpstreamUnavailable):
        await ActivityEnvironment().run(activities(client).anchor, RECORD)
