"""Builds the instruments of a payments process from settings: signers, rails, ledger, sealer."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
from solana.rpc.async_api import AsyncClient
from solders.keypair import Keypair

from activities.artifacts.ports import ArtifactStore
from activities.payments.instruments import Instruments
from activities.payments.learning import Learner
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
from activities.payments.watched_seller import WatchedSeller
from activities.records.store import SqlRecords
from activities.records.watch import NodeWatch, Watch
from domain.errors import Misconfigured
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
        self.watch: Watch | None = None
        """Counts how hosts, facilitators and nodes do; there once ``build`` has begun."""

    async def build(
        self, solana: AsyncClient, artifacts: ArtifactStore, *, evm: "EvmRails | None"
    ) -> Instruments:
        """Put the instruments together.

        Args:
            solana: The node that is read.
            artifacts: Where orders and answers are kept.
            evm: Builds the rails of an EVM network, where one is configured.

        Raises:
            Misconfigured: A setting is missing or wrong; the message names it.
        """
        settings = self._settings
        policy = read_policy(settings.policy_file)
        records = await SqlRecords.open(settings.records)
        self._closing.push_async_callback(records.close)
        self.watch = Watch(records.breakers)
        http = HttpSeller(allow_private_hosts=settings.allow_private_hosts)
        self._closing.push_async_callback(http.close)
        seller = WatchedSeller(http, self.watch)
        rails: dict[Way, PaymentRail] = {
            (settings.solana_network, "exact"): await self._solana_rail(solana)
        }
        if evm is not None:
            rails |= await evm(self, seller)
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
            watch=self.watch,
            learner=Learner(
                ledger,
                observations=records.observations,
                listings=records.listings,
                watch=self.watch,
                durations=seller,
            ),
        )

    async def _solana_rail(self, solana: AsyncClient) -> SvmRail:
        settings = self._settings
        chains = [SvmChain(solana, self._node_watch(settings.solana_rpc_url or ""))]
        for url in settings.solana_witness_rpc_urls:
            witness = AsyncClient(url)
            self._closing.push_async_callback(witness.close)
            chains.append(SvmChain(witness, self._node_watch(url)))
        owner: str | None = None
        if settings.signer == "delegate":
            owner = settings.delegate_owner
            if owner is None:
                raise Misconfigured("CARAVAN_SIGNER=delegate needs CARAVAN_DELEGATE_OWNER")
        signer: Signer = (
            await self.remote(settings.solana_network)
            if settings.signer == "remote"
            else KeyfileSigner(self._read_keypair())
        )
        self.use(signer)
        return SvmRail(chains, asset=settings.asset, signer=signer, owner=owner)

    def _node_watch(self, url: str) -> NodeWatch | None:
        if self.watch is None:
            return None
        return NodeWatch(self.watch, network=self._settings.solana_network, url=url)

    async def remote(self, network: str) -> RemoteSigner:
        """The signing service's wallet on a network."""
        settings = self._settings
        if settings.signer_url is None:
            raise Misconfigured("CARAVAN_SIGNER=remote needs CARAVAN_SIGNER_URL")
        return await RemoteSigner.connect(
            self.http(), url=settings.signer_url, network=network, token=settings.signer_token
        )

    def use(self, signer: Signer | None) -> None:
        """Let a wallet prove itself to sellers, too."""
        if signer is not None:
            self._signers.append(signer)

    def http(self) -> httpx.AsyncClient:
        """A client for nodes and signing services, which are configured and not strangers."""
        client = httpx.AsyncClient(headers={"User-Agent": "caravan"}, trust_env=False)
        self._closing.push_async_callback(client.aclose)
        return client


EvmRails = Callable[[PaymentsWiring, Seller], Awaitable[dict[Way, PaymentRail]]]
"""Builds the rails of an EVM network."""
