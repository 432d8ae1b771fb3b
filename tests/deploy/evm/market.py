"""A seller and a buyer of the unmodified x402 package, on a local EVM chain."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from eth_account import Account
from fastapi import FastAPI, Request, Response
from x402.client import x402Client
from x402.extensions.eip2612_gas_sponsoring import declare_eip2612_gas_sponsoring_extension
from x402.facilitator import x402Facilitator
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.middleware.fastapi import payment_middleware, set_settlement_overrides
from x402.http.types import PaymentOption, RouteConfig
from x402.http.utils import decode_payment_response_header
from x402.mechanisms.evm.batch_settlement.authorizer_signer import LocalAuthorizerSigner
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme as Channels
from x402.mechanisms.evm.batch_settlement.client.refund import RefundOptions
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.batch_settlement.server import BatchSettlementEvmScheme as Vouchers
from x402.mechanisms.evm.exact.client import ExactEvmScheme as ExactBuying
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.exact.server import ExactEvmScheme as ExactSelling
from x402.mechanisms.evm.signers import EthAccountSignerWithRPC, FacilitatorWeb3Signer
from x402.mechanisms.evm.upto.client import UptoEvmScheme as UptoBuying
from x402.mechanisms.evm.upto.facilitator import UptoEvmScheme as UptoSettling
from x402.mechanisms.evm.upto.server import UptoEvmScheme as UptoSelling
from x402.schemas import AssetAmount, SettleResponse
from x402.server import x402ResourceServer

from deploy.evm.anvil import NETWORK
from deploy.evm.contracts import USDC
from tests.deploy.evm.chain import EvmNode

URL = "http://shop.example"
PRICE = 10_000
FUNDS = 1_000_000


class Market:
    """Sells an answer by each scheme, to a buyer who holds ``FUNDS`` and nothing else."""

    def __init__(self, node: EvmNode) -> None:
        self.node = node
        self.charge = PRICE
        """What an ``upto`` call costs in the end."""
        self.gas, self.seller, self.buyer = (Account.create() for _ in range(3))
        node.fund(self.gas.address, wei=10**18)
        node.fund(self.buyer.address, FUNDS)
        self._signer = FacilitatorWeb3Signer("0x" + self.gas.key.hex(), node.url)
        self.reader = EthAccountSignerWithRPC(self.buyer, node.url)
        self._facilitator = x402Facilitator()
        self.vouchers = Vouchers(self.seller.address)
        self.channels = Channels(self.reader)
        self._app = self._shop()

    def close(self) -> None:
        """Close what web3 never closes."""
        for held in (self._signer, self.reader):
            provider: Any = held._w3.provider
            for entry in provider._request_session_manager.session_cache.items():
                entry[1].close()

    @property
    def spent(self) -> int:
        return FUNDS - self.node.balance(self.buyer.address)

    @property
    def received(self) -> int:
        return self.node.balance(self.seller.address)

    def allow_permit2(self) -> None:
        """Have the buyer let Permit2 move its money, which takes gas once."""
        self.node.fund(self.buyer.address, wei=10**18)
        self.node.local.approve_permit2(self.buyer.address)

    async def buy(self, scheme: str) -> SettleResponse:
        async with self._buyer() as client:
            answer = await client.get(f"{URL}/{scheme}")
        assert answer.status_code == 200, (answer.text, dict(answer.headers))
        assert answer.text == f"the answer of {scheme}"
        result: SettleResponse = decode_payment_response_header(answer.headers["PAYMENT-RESPONSE"])
        return result

    async def refund(self) -> SettleResponse:
        """Have the package's client ask for what its channel has left."""
        options = RefundOptions(fetch=self._fetch)
        result: SettleResponse = await asyncio.to_thread(
            self.channels.refund, f"{URL}/batch-settlement", options
        )
        return result

    def manager(self) -> Any:
        return self.vouchers.create_channel_manager(self._facilitator, NETWORK)

    def _fetch(self, url: str, headers: dict[str, str]) -> Any:
        async def get() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app)) as client:
                return await client.get(url, headers=headers)

        answer = asyncio.run(get())
        return _Answer(answer.status_code, dict(answer.headers))

    @asynccontextmanager
    async def _buyer(self) -> AsyncGenerator[httpx.AsyncClient]:
        payments = x402Client()
        schemes: tuple[Any, ...] = (
            ExactBuying(self.reader),
            UptoBuying(self.reader),
            self.channels,
        )
        for scheme in schemes:
            payments.register(NETWORK, scheme)
        transport = x402AsyncTransport(payments, httpx.ASGITransport(self._app))
        async with httpx.AsyncClient(transport=transport) as client:
            yield client

    def _shop(self) -> FastAPI:
        register_exact_evm_facilitator(self._facilitator, self._signer, networks=NETWORK)
        self._facilitator.register([NETWORK], UptoSettling(self._signer))
        authorizer = LocalAuthorizerSigner(self.gas)
        self._facilitator.register(
            [NETWORK], BatchSettlementEvmFacilitator(self._signer, authorizer_signer=authorizer)
        )
        server = x402ResourceServer(self._facilitator)
        exact: Any = ExactSelling  # both have constructors without annotations
        upto: Any = UptoSelling
        schemes = {"exact": exact(), "upto": upto(), "batch-settlement": self.vouchers}
        for scheme in schemes.values():
            server.register(NETWORK, scheme)
        guard = payment_middleware({f"GET /{name}": self._route(name) for name in schemes}, server)
        app = FastAPI()

        @app.middleware("http")
        async def payment(
            request: Request, call_next: Callable[[Request], Awaitable[Response]]
        ) -> Response:
            return await guard(request, call_next)

        @app.get("/{scheme}")
        async def handed(scheme: str) -> Response:
            answer = Response(f"the answer of {scheme}")
            if scheme == "upto":
                set_settlement_overrides(answer, {"amount": str(self.charge)})
            return answer

        return app

    def _route(self, scheme: str) -> RouteConfig:
        said = {"name": "USDC", "version": "2"}
        extensions = declare_eip2612_gas_sponsoring_extension() if scheme == "upto" else None
        return RouteConfig(
            accepts=PaymentOption(
                scheme=scheme,
                pay_to=self.seller.address,
                price=AssetAmount(amount=str(PRICE), asset=USDC, extra=said),
                network=NETWORK,
                max_timeout_seconds=60,
            ),
            extensions=extensions,
        )


class _Answer:
    """What the package's refund reads of a response."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status = status
        self.headers = headers

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())
