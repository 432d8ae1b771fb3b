"""Builds the rails of an EVM network; loaded only where one is configured."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import httpx

from activities.payments.evm.chain import EvmChain, chain_id_of
from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.evm.keyfile import EvmKeyfileSigner
from activities.payments.evm.node import EvmNode
from activities.payments.evm.rail_batch import EvmBatchRail
from activities.payments.evm.rail_exact import EvmExactRail
from activities.payments.evm.rail_upto import EvmUptoRail
from activities.payments.ports import PaymentRail, Seller, Signer
from activities.payments.rails import Way
from activities.records.watch import NodeWatch, Watch
from domain.chains import usdc_on
from domain.errors import Misconfigured
from domain.money import Amount
from domain.settings import Settings


async def evm_rails(
    settings: Settings,
    *,
    signer: Signer | None,
    seller: Seller,
    http: httpx.AsyncClient,
    closing: AsyncExitStack,
    watch: Watch | None = None,
) -> dict[Way, PaymentRail]:
    """Every way to pay on the configured network.

    Args:
        settings: With ``evm_rpc_url`` set.
        signer: The wallet there; ``None`` where only people's own wallets pay.
        seller: Who is asked for what channels have left.
        http: For the nodes.
        closing: Closes what is opened here.
        watch: Counts how each node does.

    Raises:
        Misconfigured: No network is named.
    """
    network = evm_network(settings)
    asset = usdc_on(network)
    chain = EvmChain(
        [
            EvmNode(
                url,
                http,
                chain_id=chain_id_of(network),
                watch=None if watch is None else NodeWatch(watch, network=network, url=url),
            )
            for url in _nodes(settings)
        ],
        network=network,
        final_depth=settings.evm_final_depth,
    )
    channels = await SqlChannels.open(settings.ledger)
    closing.push_async_callback(channels.close)
    unspent = Amount.from_decimal(settings.max_channel_unspent, asset)
    return {
        (network, "exact"): EvmExactRail(chain, asset=asset, signer=signer),
        (network, "upto"): EvmUptoRail(chain, asset=asset, signer=signer),
        (network, "batch-settlement"): EvmBatchRail(
            chain,
            asset=asset,
            signer=signer,
            store=channels,
            seller=seller,
            max_unspent=unspent.base_units,
        ),
    }


def keyfile_signer(settings: Settings) -> Signer | None:
    """The wallet whose key is a file here, if one is named."""
    if settings.evm_payer_keyfile is None:
        return None
    return EvmKeyfileSigner.from_keyfile(settings.evm_payer_keyfile)


def evm_network(settings: Settings) -> str:
    """The configured network.

    Raises:
        Misconfigured: None is named.
    """
    if settings.evm_network is None:
        raise Misconfigured("CARAVAN_EVM_RPC_URL needs CARAVAN_EVM_NETWORK beside it")
    return settings.evm_network


def _nodes(settings: Settings) -> Sequence[str]:
    first = () if settings.evm_rpc_url is None else (settings.evm_rpc_url,)
    return (*first, *settings.evm_witness_rpc_urls)
