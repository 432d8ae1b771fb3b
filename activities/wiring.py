"""Builds each activity object from settings; the only importer of adapters.

Adapters are imported where they are built, so that a process loads only what its queues need:
no process but the one that serves ``payments`` ever reads a key.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from activities.artifacts.store_files import FileArtifactStore
from domain.errors import Misconfigured
from domain.names import TaskQueue
from domain.settings import Settings

Activities = Sequence[Callable[..., Any]]


OPENAI_URL: Final = "https://api.openai.com/v1"
"""Where OPENAI_API_KEY is sent unless OPENAI_BASE_URL says otherwise."""

OPENAI_MODEL: Final = "gpt-6.1-terra"
"""Asked at OpenAI where no other is named: its middle model, which writes plans well enough."""


class ModelKeys(NamedTuple):
    """What opens the language models' doors, under their providers' own names."""

    anthropic: SecretStr | None
    openai: SecretStr | None
    openai_base_url: str | None

    @property
    def may_use_openai(self) -> bool:
        """Whether there is a server to ask: OpenAI's with a key, or one's own by its address."""
        return self.openai is not None or self.openai_base_url is not None


class Wiring:
    """What one worker process has built. Leaving the context closes it all."""

    def __init__(
        self,
        settings: Settings,
        *,
        anthropic_api_key: SecretStr | None,
        openai_api_key: SecretStr | None = None,
        openai_base_url: str | None = None,
    ) -> None:
        self._settings = settings
        self._keys = ModelKeys(anthropic_api_key, openai_api_key, openai_base_url)
        self._artifacts = FileArtifactStore(settings.artifacts_dir)
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._closing.aclose()

    async def activities(self, queues: Collection[TaskQueue]) -> dict[TaskQueue, Activities]:
        """Build what ``queues`` serve.

        Raises:
            Misconfigured: A queue lacks a setting it needs; the message names it.
        """
        if TaskQueue.CHAINS in queues and TaskQueue.PAYMENTS not in queues:
            raise Misconfigured(
                "queue chains signs, and only the process that serves payments may hold keys; "
                "serve both in one process: --queue payments --queue chains"
            )
        builders = {
            TaskQueue.ORCHESTRATION: self._data,
            TaskQueue.PLANNING: self._planning,
            TaskQueue.DISCOVERY: self._discovery,
            TaskQueue.PAYMENTS: self._payments,
            TaskQueue.CHAINS: self._chains,
        }
        return {queue: await builders[queue]() for queue in builders if queue in queues}

    async def _data(self) -> Activities:
        from activities.data.service import DataActivities

        data = DataActivities(artifacts=self._artifacts)
        return [data.transform, data.decide, data.expand, data.collect]

    async def _planning(self) -> Activities:
        from activities.planning.drafter_embedded import EmbeddedDrafter
        from activities.planning.service import PlanningActivities
        from activities.planning.waiting import PatientModel

        planning = PlanningActivities(
            drafter=EmbeddedDrafter(),
            artifacts=self._artifacts,
            models=[PatientModel(model) for model in self._models()],
            limits=self._settings.planning_limits,
        )
        return [planning.draft]

    def _models(self) -> list[Any]:
        """Build the language models to ask, in order; the embedded planner comes after them."""
        planner = self._settings.planner
        keys = self._keys
        if planner == "anthropic" and keys.anthropic is None:
            raise Misconfigured("CARAVAN_PLANNER is anthropic, but ANTHROPIC_API_KEY is not set")
        if planner == "openai" and not keys.may_use_openai:
            raise Misconfigured(
                "CARAVAN_PLANNER is openai, but neither OPENAI_API_KEY nor OPENAI_BASE_URL is set"
            )
        models: list[Any] = []
        if planner in {"auto", "anthropic"} and keys.anthropic is not None:
            models.append(self._anthropic(keys.anthropic))
        if planner in {"auto", "openai"} and keys.may_use_openai:
            models.append(self._openai())
        return models

    def _anthropic(self, key: SecretStr) -> Any:  # noqa: ANN401 - planning's LanguageModel
        from anthropic import AsyncAnthropic

        from activities.planning.model_anthropic import AnthropicModel

        client = AsyncAnthropic(api_key=key.get_secret_value(), max_retries=0)
        self._closing.push_async_callback(client.close)
        return AnthropicModel(client=client, model=self._settings.anthropic_model)

    def _openai(self) -> Any:  # noqa: ANN401 - planning's LanguageModel
        from openai import AsyncOpenAI

        from activities.planning.model_openai import OpenAiModel
        from activities.planning.prices_openai import OPENAI_HOST

        keys, model = self._keys, self._settings.openai_model
        base_url = keys.openai_base_url or OPENAI_URL
        if model is None and urlsplit(base_url).hostname != OPENAI_HOST:
            raise Misconfigured("OPENAI_BASE_URL is set; name its model in CARAVAN_OPENAI_MODEL")
        # The SDK insists on a key, and servers of one's own ignore it.
        key = keys.openai.get_secret_value() if keys.openai else "none"
        client = AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0)
        self._closing.push_async_callback(client.close)
        return OpenAiModel(client=client, model=model or OPENAI_MODEL)

    async def _discovery(self) -> Activities:
        from activities.discovery.bazaar_http import HttpBazaar
        from activities.discovery.catalogue import ListingCatalogue
        from activities.discovery.embedder_local import LocalEmbedder
        from activities.discovery.importing import Importer
        from activities.discovery.knowing import Knowledge
        from activities.discovery.refreshing import CatalogueActivities
        from activities.discovery.remembering import MemoryActivities, Recall
        from activities.discovery.service import DiscoveryActivities
        from activities.discovery.shortlisting import Finder
        from activities.payments.policy_file import read_policy
        from activities.records.store import SqlRecords
        from domain.ranking import Policy

        settings = self._settings
        if not settings.bazaar_urls:
            raise Misconfigured("queue discovery needs CARAVAN_BAZAAR_URLS")
        http = self._http()
        records = await SqlRecords.open(settings.records)
        self._closing.push_async_callback(records.close)
        embedder = LocalEmbedder(settings.embedding_model)
        policy = Policy(asset=settings.asset, allow_private_hosts=settings.allow_private_hosts)
        bazaars = [HttpBazaar(url, http) for url in settings.bazaar_urls]
        importer = Importer(records.listings, bazaars)
        catalogue = ListingCatalogue(
            book=records.listings,
            embedder=embedder,
            index=self._index(),
            policy=policy,
            spending=read_policy(settings.policy_file),
            refresher=importer,
        )
        self._closing.push_async_callback(catalogue.close)
        # Loading the model takes seconds: better now than while the first person waits.
        warming = asyncio.create_task(embedder.dimensions())
        self._closing.callback(warming.cancel)
        finder = Finder(
            catalogue,
            policy=policy,
            knowledge=Knowledge(
                observations=records.observations,
                probes=records.probes,
                breakers=records.breakers,
            ),
            prober=self._prober(),
            weights=settings.weights,
        )
        recall = Recall(
            records.plans, book=records.listings, embedder=embedder, artifacts=self._artifacts
        )
        discovery = DiscoveryActivities(finder, self._artifacts, recall)
        memory = MemoryActivities(recall)
        refreshing = CatalogueActivities(importer, records.listings, catalogue)
        return [
            discovery.find_candidates,
            discovery.search,
            memory.remember_plan,
            refreshing.name_bazaars,
            refreshing.refresh_bazaar,
            refreshing.index_catalogue,
            refreshing.look_at_catalogue,
        ]

    def _prober(self) -> Any:  # noqa: ANN401 - discovery's port, which this module need not know
        from activities.payments.accounts_svm import SvmAccounts
        from activities.payments.probing import UnpaidLook
        from activities.payments.seller_http import HttpSeller
        from activities.payments.svm_chain import SvmChain

        settings = self._settings
        seller = HttpSeller(allow_private_hosts=settings.allow_private_hosts)
        self._closing.push_async_callback(seller.close)
        if settings.solana_rpc_url is None:
            return UnpaidLook(seller)
        accounts = SvmAccounts(SvmChain(self._solana()), asset=settings.asset)
        return UnpaidLook(seller, accounts=[accounts])

    def _index(self) -> Any:  # noqa: ANN401 - a ListingIndex of either kind
        settings = self._settings
        if settings.qdrant_url is None:
            from activities.discovery.index_edge import EdgeListingIndex

            index = EdgeListingIndex(settings.state_dir / "index")
            self._closing.callback(index.close)
            return index
        from qdrant_client import AsyncQdrantClient

        from activities.discovery.index_qdrant import QdrantListingIndex

        key = settings.qdrant_api_key
        client = AsyncQdrantClient(
            url=settings.qdrant_url, api_key=key.get_secret_value() if key else None
        )
        self._closing.push_async_callback(client.close)
        return QdrantListingIndex(client)

    async def _payments(self) -> Activities:
        from activities.payments.bookkeeping import BookkeepingActivities
        from activities.payments.service import PaymentActivities
        from activities.payments.wiring import PaymentsWiring

        instruments = await PaymentsWiring(
            self._settings,
            closing=self._closing,
            read_keypair=lambda: _keypair(self._settings.payer_keyfile, "CARAVAN_PAYER_KEYFILE"),
        ).build(self._solana(), self._artifacts, evm=self._evm_rails())
        payments = PaymentActivities(instruments)
        books = BookkeepingActivities(instruments)
        return [
            payments.quote,
            payments.quote_call,
            payments.authorize,
            payments.attach_signature,
            payments.settle,
            payments.reconcile,
            payments.claim_refund,
            payments.refund_terms,
            payments.write_off,
            payments.verify,
            books.list_payments,
            books.inspect,
            books.find_unsettled,
            books.resolve,
            books.audit,
            books.export,
        ]

    def _evm_rails(self) -> Any:  # noqa: ANN401 - an EvmRails, where one is configured
        settings = self._settings
        if settings.evm_rpc_url is None:
            return None
        from activities.payments.evm.wiring import evm_network, evm_rails, keyfile_signer

        async def build(payments: Any, seller: Any) -> Any:  # noqa: ANN401 - as EvmRails says
            remote = settings.signer == "remote"
            signer = (
                await payments.remote(evm_network(settings)) if remote else keyfile_signer(settings)
            )
            payments.use(signer)
            return await evm_rails(
                settings,
                signer=signer,
                seller=seller,
                http=payments.http(),
                closing=self._closing,
                watch=payments.watch,
            )

        return build

    async def _chains(self) -> Activities:
        from activities.chains.memo_solana import SolanaMemoWriter
        from activities.chains.service import ChainActivities

        signer = _keypair(self._settings.engine_keyfile, "CARAVAN_ENGINE_KEYFILE")
        chains = ChainActivities(SolanaMemoWriter(self._solana(), signer))
        return [chains.anchor]

    def _http(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(headers={"User-Agent": "caravan"}, trust_env=False)
        self._closing.push_async_callback(client.aclose)
        return client

    def _solana(self) -> Any:  # noqa: ANN401 - solana-py's client
        from solana.rpc.async_api import AsyncClient

        # The libraries fall back to a public endpoint without an address: never here.
        if self._settings.solana_rpc_url is None:
            raise Misconfigured("queues payments and chains need CARAVAN_SOLANA_RPC_URL")
        client = AsyncClient(self._settings.solana_rpc_url)
        self._closing.push_async_callback(client.close)
        return client


def _keypair(path: Path | None, setting: str) -> Any:  # noqa: ANN401 - solders' keypair
    from solders.keypair import Keypair

    if path is None:
        raise Misconfigured(f"{setting} is not set; it names a solana-keygen keyfile")
    try:
        return Keypair.from_json(path.read_text())
    except OSError as err:
        raise Misconfigured(f"{setting}: {path} cannot be read: {err.strerror}") from err
    except ValueError:
        raise Misconfigured(f"{setting}: {path} is not a solana-keygen keyfile") from None
