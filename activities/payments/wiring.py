"""Builds the instruments of a payments process from settings: signers, rails, ledger, sealer."""

from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
from solana.rpc.async_api import AsyncClient
from solders.keypair import Keypair

from activities.artifacts.ports import ArtifactStore
from activities.payments.evm.chain import EvmChain, chain_id_of
from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.evm.keyfile import EvmKeyfileSigner
from activities.payments.evm.node import EvmNode
from activities.payments.evm.rail_batch import EvmBatchRail
from activities.payments.evm.rail_exact import EvmExactRail
from activities.payments.evm.rail_upto import EvmUptoRail
from activities.payments.instruments import Instruments
from activities.payments.ledger.store import SqlLedger
from activities.payments.policy_file import read_policy
from activities.payments.ports import PaymentRail, Seller, Signer
from activities.payments.rail_svm import SvmRail
from activities.payments.rails import RailsByWay, Way
from activities.payments.seal_aesgcm import AesGcmSealer
from activities.payments.seller_http import HttpSeller
from activities.payments.sign_in import WalletProver
from activities.payments.signers.keyfile_svm import KeyfileSigner
from activities.payments.signers.remote_http import RemoteSigner
from activities.payments.svm_chain import SvmChain
from domain.chains import usdc_on
from domain.errors import Misconfigured
from domain.money import Amount
from domain.settings import Settings

ReadKeypair = Callable[[], Keypair]
"""Reads the payer's keyfile, naming the setting when it cannot."""


class PaymentsWiring:
    """Everything a payments process has; ``closing`` closes it all."""

    def __init__(
        self, settings: Settings, *, closing: AsyncExitStack, read_keypair: ReadKeypair
    ) -> None:
        self._settings = settings
        self._closing = closing
        self._read_keypair = read_keypair
        self._signers: list[Signer] = []

    async def build(self, solana: AsyncClient, artifacts: ArtifactStore) -> Instruments:
        """Put the instruments together.

        Raises:
            Misconfigured: A setting is missing or wrong; the message names it.
        """
        settings = self._settings
        policy = read_policy(settings.policy_file)
        seller = HttpSeller(allow_private_hosts=settings.allow_private_hosts)
        self._closing.push_async_callback(seller.close)
        rails: dict[Way, PaymentRail] = {
            (settings.solana_network, "exact"): await self._solana_rail(solana)
        }
        if settings.evm_rpc_url is not None:
            rails |= await self._evm_rails(settings.evm_rpc_url, seller)
        ledger = await SqlLedger.open(settings.ledger)
        self._closing.push_async_callback(ledger.close)
        sealing = settings.sealing_keyfile or settings.state_dir / "keys" / "sealing.key"
        return Instruments(
            seller=seller,
            rails=RailsByWay(rails),
            ledger=ledger,
            sealer=AesGcmSealer.from_keyfile(sealing),
            artifacts=artifacts,
            prover=WalletProver(self._signers),
            policy=policy,
        )

    async def _solana_rail(self, solana: AsyncClient) -> SvmRail:
        settings = self._settings
        chains = [SvmChain(solana)]
        for url in settings.solana_witness_rpc_urls:
            witness = AsyncClient(url)
            self._closing.push_async_callback(witness.close)
            chains.append(SvmChain(witness))
        owner: str | None = None
        if settings.signer == "delegate":
            owner = settings.delegate_owner
            if owner is None:
                raise Misconfigured("CARAVAN_SIGNER=delegate needs CARAVAN_DELEGATE_OWNER")
        signer: Signer = (
            await self._remote(settings.solana_network)
            if settings.signer == "remote"
            else KeyfileSigner(self._read_keypair())
        )
        self._signers.append(signer)
        return SvmRail(chains, asset=settings.asset, signer=signer, owner=owner)

    async def _evm_rails(self, url: str, seller: Seller) -> dict[Way, PaymentRail]:
        settings = self._settings
        network = settings.evm_network
        if network is None:
            raise Misconfigured("CARAVAN_EVM_RPC_URL needs CARAVAN_EVM_NETWORK beside it")
        asset = usdc_on(network)
        http = self._http()
        nodes = [
            EvmNode(each, http, chain_id=chain_id_of(network))
            for each in (url, *settings.evm_witness_rpc_urls)
        ]
        chain = EvmChain(nodes, network=network, final_depth=settings.evm_final_depth)
        signer = await self._evm_signer(network)
        channels = await SqlChannels.open(settings.ledger)
        self._closing.push_async_callback(channels.close)
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

    async def _evm_signer(self, network: str) -> Signer | None:
        """The wallet on the EVM network; ``None`` where only people's own wallets pay there."""
        settings = self._settings
        signer: Signer
        if settings.signer == "remote":
            signer = await self._remote(network)
        elif settings.evm_payer_keyfile is not None:
            signer = EvmKeyfileSigner.from_keyfile(settings.evm_payer_keyfile)
        else:
            return None
        self._signers.append(signer)
        return signer

    async def _remote(self, network: str) -> RemoteSigner:
        settings = self._settings
        if settings.signer_url is None:
            raise Misconfigured("CARAVAN_SIGNER=remote needs CARAVAN_SIGNER_URL")
        return await RemoteSigner.connect(
            self._http(), url=settings.signer_url, network=network, token=settings.signer_token
        )

    def _http(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(headers={"User-Agent": "caravan"}, trust_env=False)
        self._closing.push_async_callback(client.aclose)
        return client
