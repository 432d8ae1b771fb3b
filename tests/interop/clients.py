"""The published x402 clients, each as it comes: what a stranger would pay with."""

import asyncio
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from solders.keypair import Keypair
from x402.client import x402Client
from x402.http.clients.httpx import PaymentError, x402HttpxClient
from x402.http.utils import decode_payment_response_header
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.mechanisms.svm.exact.client import ExactSvmScheme
from x402.mechanisms.svm.signers import KeypairSigner

CALL_SECONDS: Final = 60
"""A paid call takes well under one; this only ends a test that hangs."""


class PaymentRefused(Exception):
    """The client would not pay, and says why."""


@dataclass(frozen=True)
class Answer:
    """What a buyer has in hand after a call."""

    status: int
    media_type: str
    body: str
    transaction: str | None
    """The receipt's transaction, if there was a receipt."""


class Client(Protocol):
    """A buyer's software. Without a cap it keeps the default of its package."""

    async def buy(
        self, payer: Keypair, url: str, body: object, *, cap_usd: str | None = None
    ) -> Answer: ...


@dataclass(frozen=True)
class NodeProgram:
    """One JavaScript program beside the installed packages."""

    node: str
    path: Path

    def run(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """Run it and return its last line."""
        done = subprocess.run(
            [self.node, str(self.path), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=CALL_SECONDS,
            env={**os.environ, **environment},
        )
        assert done.returncode == 0, f"{self.path.name} broke:\n{done.stderr[-3000:]}"
        last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return last


@dataclass(frozen=True)
class TypeScriptClient:
    """``@x402/fetch`` with ``@x402/svm``."""

    program: NodeProgram
    rpc_url: str

    async def buy(
        self, payer: Keypair, url: str, body: object, *, cap_usd: str | None = None
    ) -> Answer:
        environment = {"SVM_PRIVATE_KEY": str(payer), "SVM_RPC_URL": self.rpc_url}
        if cap_usd is not None:
            environment["MAX_PAYMENT_USD"] = cap_usd
        said = await asyncio.to_thread(self.program.run, url, json.dumps(body), **environment)
        if "refused" in said:
            raise PaymentRefused(said["refused"])
        media_type = said["contentType"].split(";")[0]
        return Answer(said["status"], media_type, said["body"], said["transaction"])


@dataclass(frozen=True)
class PythonClient:
    """``x402`` with its httpx client."""

    rpc_url: str

    async def buy(
        self, payer: Keypair, url: str, body: object, *, cap_usd: str | None = None
    ) -> Answer:
        scheme: Any = ExactSvmScheme(KeypairSigner(payer), self.rpc_url)
        payments = x402Client().register(SOLANA_DEVNET_CAIP2, scheme)
        if cap_usd is not None:
            payments.set_spend_controls({"max_amount_per_payment": cap_usd})
        try:
            async with x402HttpxClient(payments, timeout=CALL_SECONDS) as client:
                response = await client.post(url, json=body)
        except PaymentError as err:
            raise PaymentRefused(str(err)) from err
        finally:
            for node in scheme._clients.values():  # the package never closes them
                node._provider.session.close()
        receipt = response.headers.get("payment-response")
        return Answer(
            response.status_code,
            response.headers["content-type"].split(";")[0],
            response.text,
            (decode_payment_response_header(receipt).transaction or None) if receipt else None,
        )
