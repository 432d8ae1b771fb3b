"""A seller made of the unmodified x402 package: its HTTP middleware, schemes and facilitator."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response
from x402.facilitator import x402Facilitator
from x402.http.middleware.fastapi import payment_middleware, set_settlement_overrides
from x402.http.types import PaymentOption, RouteConfig
from x402.mechanisms.evm.batch_settlement.abi import BATCH_SETTLEMENT_ABI
from x402.mechanisms.evm.batch_settlement.authorizer_signer import (
    LocalAuthorizerSigner,
    sign_claim_batch,
)
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.batch_settlement.facilitator.claim import build_voucher_claim_args
from x402.mechanisms.evm.batch_settlement.server import BatchSettlementEvmScheme
from x402.mechanisms.evm.batch_settlement.types import ChannelConfig, VoucherClaim
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.exact.server import ExactEvmScheme
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.mechanisms.evm.upto.facilitator import UptoEvmScheme as UptoSettling
from x402.mechanisms.evm.upto.server import UptoEvmScheme as UptoSelling
from x402.schemas import AssetAmount
from x402.server import x402ResourceServer

from activities.payments import wire
from activities.payments.evm.token import encoded
from activities.payments.exchanges import Challenge, Demand, SignedPayment
from domain.catalogue import ChannelTerms, Terms
from domain.chains import BASE_SEPOLIA
from tests.activities.payments.evm.bench import (
    AUTHORIZER,
    FACILITATOR,
    OTHER,
    SELLER,
    USDC_CHECKSUMMED,
)
from tests.activities.payments.evm.node import EvmNode

URL = "http://shop.example"


class Shop:
    """Sells one answer at each path, and can be asked without a network."""

    def __init__(self, node: EvmNode, *, price: int) -> None:
        node.fund(FACILITATOR.address, wei=10**18)
        self._node = node
        self.handed_out = 0
        self.status = 200
        self.charge: int | None = None
        """What an ``upto`` request costs in the end; all of it without."""
        signer = FacilitatorWeb3Signer("0x" + FACILITATOR.key.hex(), node.url)
        facilitator = x402Facilitator()
        register_exact_evm_facilitator(facilitator, signer, networks=BASE_SEPOLIA)
        facilitator.register([BASE_SEPOLIA], UptoSettling(signer))
        authorizer = LocalAuthorizerSigner(AUTHORIZER)
        facilitator.register(
            [BASE_SEPOLIA], BatchSettlementEvmFacilitator(signer, authorizer_signer=authorizer)
        )
        server = x402ResourceServer(facilitator)
        self.channels = BatchSettlementEvmScheme(SELLER.address)
        schemes: dict[str, Any] = {
            "exact": ExactEvmScheme(),
            "upto": UptoSelling(),
            "batch-settlement": self.channels,
        }
        for scheme in schemes.values():
            server.register(BASE_SEPOLIA, scheme)
        self._http = _served(
            self, {f"GET /{name}": _route(name, price) for name in schemes}, server
        )

    async def ask(self, path: str) -> Challenge:
        answer = await self._http.get(URL + path)
        assert answer.status_code == 402
        return challenge_of(answer)

    async def pay(self, path: str, signed: SignedPayment) -> httpx.Response:
        return await self._http.get(URL + path, headers=wire.payment_header(signed))

    async def claim(self, signed: SignedPayment) -> None:
        """Claim a voucher on chain, whatever was delivered for it."""
        said: Any = signed.payload
        claim = VoucherClaim(
            channel=ChannelConfig.from_dict(said["channelConfig"]),
            max_claimable_amount=said["voucher"]["maxClaimableAmount"],
            signature=said["voucher"]["signature"],
            total_claimed=said["voucher"]["maxClaimableAmount"],
        )
        authorizer = sign_claim_batch(LocalAuthorizerSigner(AUTHORIZER), [claim], BASE_SEPOLIA)
        arguments = [build_voucher_claim_args([claim]), bytes.fromhex(authorizer[2:])]
        data = encoded(BATCH_SETTLEMENT_ABI, "claimWithSignature", *arguments)
        self._node.send(OTHER.address, BATCH_SETTLEMENT_ADDRESS, data)

    async def close(self) -> None:
        await self._http.aclose()


def challenge_of(answer: httpx.Response) -> Challenge:
    """What a 402 asks."""
    said = json.loads(base64.b64decode(answer.headers["PAYMENT-REQUIRED"]))
    demands = tuple(Demand(terms=_terms(raw), raw=raw) for raw in said["accepts"])
    return Challenge(
        demands=demands, resource=said.get("resource"), extensions=said.get("extensions")
    )


def said_settlement(answer: httpx.Response) -> dict[str, Any]:
    """What the seller says it settled."""
    return dict(json.loads(base64.b64decode(answer.headers["PAYMENT-RESPONSE"])))


def _terms(raw: dict[str, Any]) -> Terms:
    return Terms(
        x402_version=2,
        scheme=raw["scheme"],
        network=raw["network"],
        asset=raw["asset"],
        base_units=int(raw["amount"]),
        pay_to=raw["payTo"],
        max_timeout_seconds=raw["maxTimeoutSeconds"],
        transfer_method=raw["extra"].get("assetTransferMethod", "eip3009"),
        spender=raw["extra"].get("facilitatorAddress"),
        channel=_channel(raw["extra"]),
    )


def _channel(extra: dict[str, Any]) -> ChannelTerms | None:
    if "receiverAuthorizer" not in extra:
        return None
    return ChannelTerms(
        receiver_authorizer=extra["receiverAuthorizer"],
        withdraw_delay_seconds=extra["withdrawDelay"],
    )


def _route(scheme: str, price: int) -> RouteConfig:
    said = {"name": "USDC", "version": "2"}
    amount = AssetAmount(amount=str(price), asset=USDC_CHECKSUMMED, extra=said)
    option = PaymentOption(
        scheme=scheme,
        pay_to=SELLER.address,
        price=amount,
        network=BASE_SEPOLIA,
        max_timeout_seconds=60,
    )
    return RouteConfig(accepts=option)


def _served(
    shop: Shop, routes: dict[str, RouteConfig], server: x402ResourceServer
) -> httpx.AsyncClient:
    app = FastAPI()
    guard = payment_middleware(routes, server)

    @app.middleware("http")
    async def payment(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await guard(request, call_next)

    @app.get("/{path}")
    async def handed(path: str) -> Response:
        shop.handed_out += 1
        answer = Response(f"the answer of {path}", status_code=shop.status)
        if shop.charge is not None:
            set_settlement_overrides(answer, {"amount": str(shop.charge)})
        return answer

    return httpx.AsyncClient(transport=httpx.ASGITransport(app))
