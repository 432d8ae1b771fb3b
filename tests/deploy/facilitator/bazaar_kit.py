"""Sellers and a clock for the bazaar's tests."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NETWORK = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"


def declaration(method: str = "POST") -> dict[str, Any]:
    return {
        "info": {
            "input": {"type": "http", "method": method, "bodyType": "json", "body": {"text": "a"}}
        },
        "schema": {
            "type": "object",
            "properties": {"input": {"type": "object"}},
            "required": ["input"],
        },
    }


def terms(
    url: str, *, name: str = "Echo", pay_to: str = "Seller", **changes: Any
) -> dict[str, Any]:
    accept = {
        "scheme": "exact",
        "network": NETWORK,
        "amount": "1000",
        "asset": "usdc",
        "payTo": pay_to,
        "maxTimeoutSeconds": 60,
        "extra": {},
    }
    resource = {
        "url": url,
        "description": f"{name} answers what it is asked",
        "mimeType": "application/json",
        "serviceName": name,
        "tags": ["echo", "text"],
    }
    return {
        "x402Version": 2,
        "accepts": [accept],
        "resource": resource,
        "extensions": {"bazaar": declaration(), "refund": {"info": {"url": url + "/refund"}}},
        **changes,
    }


def challenge(value: dict[str, Any]) -> httpx.Response:
    header = base64.b64encode(json.dumps(value).encode()).decode()
    return httpx.Response(402, headers={"PAYMENT-REQUIRED": header}, json={})


class FakeSeller:
    """A seller behind a transport; what it lists and answers can change."""

    def __init__(self, root: str = "http://seller.test") -> None:
        self.root = root
        self.up = True
        self.listed = [{"url": f"{root}/a", "method": "POST"}]
        self.unproven: list[dict[str, Any]] = []
        self.answers: dict[str, httpx.Response] = {"/a": challenge(terms(f"{root}/a"))}
        self.probed: list[tuple[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.up:
            raise httpx.ConnectError("refused")
        if request.url.path == "/.well-known/x402":
            told = {"resources": self.listed, "unproven": self.unproven}
            return httpx.Response(200, json=told)
        self.probed.append((request.method, str(request.url)))
        return self.answers[request.url.path]

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))
