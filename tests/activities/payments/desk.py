"""The payments process's parts, real ones, and what tests ask of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from solana.rpc.async_api import AsyncClient
from solders.keypair import Keypair
from temporalio.testing import ActivityEnvironment

from activities.artifacts.store_files import FileArtifactStore
from activities.discovery.bazaar_http import HttpBazaar
from activities.payments.bookkeeping import BookkeepingActivities
from activities.payments.instruments import Instruments
from activities.payments.learning import Learner
from activities.payments.ledger.store import SqlLedger
from activities.payments.rail_svm import SvmRail
from activities.payments.rails import RailsByWay
from activities.payments.seal_aesgcm import AesGcmSealer
from activities.payments.seller_http import HttpSeller
from activities.payments.service import PaymentActivities
from activities.payments.sign_in import WalletProver
from activities.payments.signers.keyfile_svm import KeyfileSigner
from activities.payments.svm_chain import SvmChain
from activities.payments.watched_seller import WatchedSeller
from activities.records.store import SqlRecords
from activities.records.watch import NodeWatch, Watch
from domain.bindings import BoundInputs
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.ids import StepId
from domain.money import Amount
from domain.offers import listed_offer
from domain.payments import Authorization, FreeDelivery, Settlement, SignatureRequest
from domain.plan import Binding, Value
from domain.policy import SpendPolicy
from domain.purchases import AuthorizePurchase, PurchaseSlot, SettlePurchase
from tests.deploy.services.stack import Stack

USDC = USDC_DEVNET
BUDGET = Amount.from_decimal("10.00", USDC)


@dataclass
class Desk:
    """Everything that pays, over one fresh wallet."""

    market: Stack
    wallet: Keypair
    activities: PaymentActivities
    books: BookkeepingActivities
    instruments: Instruments
    ledger: SqlLedger
    rail: SvmRail
    artifacts: FileArtifactStore
    records: SqlRecords
    offers: dict[str, Offer] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, market: Stack, folder: Path, wallet: Keypair, *, policy: SpendPolicy | None = None
    ) -> AsyncIterator["Desk"]:
        client = AsyncClient(market.node.url)
        http = httpx.AsyncClient(trust_env=False)
        plain = HttpSeller(allow_private_hosts=True)
        records = await SqlRecords.open(f"sqlite+aiosqlite:///{folder / 'records.sqlite'}")
        watch = Watch(records.breakers)
        seller = WatchedSeller(plain, watch)
        ledger = await SqlLedger.open(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
        signer = KeyfileSigner(wallet)
        node = NodeWatch(watch, network=USDC.network, url=market.node.url)
        rail = SvmRail([SvmChain(client, node)], asset=USDC, signer=signer)
        artifacts = FileArtifactStore(folder / "artifacts")
        instruments = Instruments(
            seller=seller,
            rails=RailsByWay({(USDC.network, "exact"): rail}),
            ledger=ledger,
            sealer=AesGcmSealer.from_keyfile(folder / "sealing.key"),
            artifacts=artifacts,
            prover=WalletProver([signer]),
            policy=policy or SpendPolicy(),
            watch=watch,
            learner=Learner(
                ledger,
                observations=records.observations,
                listings=records.listings,
                watch=watch,
                durations=seller,
            ),
        )
        desk = cls(
            market,
            wallet,
            PaymentActivities(instruments),
            BookkeepingActivities(instruments),
            instruments,
            ledger,
            rail,
            artifacts,
            records,
        )
        desk.offers = await _offers(market, http)
        try:
            yield desk
        finally:
            await ledger.close()
            await records.close()
            await plain.close()
            await http.aclose()
            await client.close()

    def offer(self, path: str) -> Offer:
        return self.offers[path]

    def knobs(self, **changes: Any) -> dict[str, Any]:
        url = f"{self.market.misbehaving.url}/misbehaving/knobs"
        shown: dict[str, Any] = httpx.post(url, json=changes).raise_for_status().json()
        return shown

    def balance(self) -> int:
        return self.market.node.usdc(str(self.wallet.pubkey()))

    async def authorize(
        self,
        *offers: Offer,
        ordinal: int = 0,
        arguments: dict[str, Any] | None = None,
        wallet: str | None = None,
    ) -> Authorization | SignatureRequest | FreeDelivery:
        given = arguments if arguments is not None else offers[0].example
        assert isinstance(given, dict)
        bindings: dict[str, Binding] = {name: Value(value=value) for name, value in given.items()}
        ask = AuthorizePurchase(
            slot=slot(ordinal),
            offers=offers,
            inputs=BoundInputs(bindings=bindings),
            run_cap=BUDGET,
            wallet=wallet,
        )
        return await ActivityEnvironment().run(self.activities.authorize, ask)

    async def authorized(self, *offers: Offer, ordinal: int = 0) -> Authorization:
        authorization = await self.authorize(*offers, ordinal=ordinal)
        assert isinstance(authorization, Authorization)
        return authorization

    async def settle(self, authorization: Authorization) -> Settlement:
        ask = SettlePurchase(step_id=StepId("buy"), authorization=authorization)
        return await ActivityEnvironment().run(self.activities.settle, ask)


def slot(ordinal: int = 0) -> PurchaseSlot:
    return PurchaseSlot(
        workflow_id="run/test", first_run_id="first", step_id=StepId("buy"), ordinal=ordinal
    )


async def _offers(market: Stack, http: httpx.AsyncClient) -> dict[str, Offer]:
    read = await HttpBazaar(market.facilitator.url, http).read()
    return {httpx.URL(listing.url).path: listed_offer(listing, BUDGET) for listing in read.listings}
