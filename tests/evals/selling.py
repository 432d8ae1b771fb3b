"""One seller's listing, and the shapes in which bazaars publish it."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from solders.pubkey import Pubkey

from domain.chains import SOLANA_DEVNET, USDC_BASE, USDC_DEVNET
from domain.ids import ListingId, listing_id
from tests.evals.fields import Schema, example_of, form

Shape = Literal["v2", "v2-terse", "v2-two-chains", "v1", "drifted"]
"""How the item is published: ``v2-terse`` declares its output by example only, ``v1`` puts
schemas beside the terms, ``drifted`` renames what can be renamed."""


class Record(NamedTuple):
    """What the bazaar counted in the last 30 days."""

    calls: int
    succeeded: int
    payers: int
    p50_ms: int
    p95_ms: int


@dataclass(frozen=True, kw_only=True)
class Sold:
    """A listing with its label: which job it does, in the user's eyes."""

    key: str
    job: str
    name: str
    says: str
    tags: tuple[str, ...]
    at: str
    price: str
    seller: str
    takes: dict[str, Schema]
    gives: dict[str, Schema]
    media: str = "application/json"
    method: Literal["GET", "POST"] = "POST"
    shape: Shape = "v2"
    record: Record
    twin_of: str | None = None
    """The listing that this one repeats: same seller, same words, another address."""

    @property
    def id(self) -> ListingId:
        return listing_id(method=self.method, url=self.url)

    @property
    def url(self) -> str:
        return f"https://{self.at}"

    @property
    def input_schema(self) -> Schema:
        return form(self.takes)

    @property
    def example(self) -> Any:
        return example_of(self.input_schema)


def sells(
    key: str,
    job: str,
    name: str,
    says: str,
    *,
    at: str,
    price: str,
    takes: dict[str, Schema],
    gives: dict[str, Schema],
    tags: str = "",
    seller: str = "",
    record: tuple[int, int, int, int, int] | None = None,
    **more: Any,
) -> Sold:
    """Write a listing down; what is left out is what an ordinary seller would have."""
    return Sold(
        key=key,
        job=job,
        name=name,
        says=says,
        tags=tuple(tag.strip() for tag in tags.split(",") if tag.strip()),
        at=at,
        price=price,
        seller=seller or at.partition("/")[0],
        takes=takes,
        gives=gives,
        record=Record(*record) if record else _ordinary(key),
        **more,
    )


def twin(of: Sold, *, key: str, at: str) -> Sold:
    """The same seller listing the same thing once more."""
    said = {**of.__dict__, "key": key, "at": at, "twin_of": of.key, "record": _ordinary(key)}
    return Sold(**said)


def item(sold: Sold) -> dict[str, Any]:
    """Publish a listing as its bazaar would."""
    return {"v1": _v1, "drifted": _drifted}.get(sold.shape, _v2)(sold)


def _ordinary(key: str) -> Record:
    dice = hashlib.sha256(key.encode()).digest()
    calls = 40 + 37 * dice[0] + dice[1]
    return Record(
        calls=calls,
        succeeded=calls - calls * dice[2] // 2_560,
        payers=3 + dice[3] // 2,
        p50_ms=120 + 6 * dice[4],
        p95_ms=1_800 + 14 * dice[5],
    )


_FEE_PAYER: Final = "Fee1111111111111111111111111111111111111111"


def _v2(sold: Sold) -> dict[str, Any]:
    return {
        "resource": sold.url,
        "type": "http",
        "x402Version": 2,
        "serviceName": sold.name,
        "description": sold.says,
        "mimeType": sold.media,
        "tags": list(sold.tags),
        "accepts": _accepts(sold),
        "lastUpdated": "2026-11-18T07:12:44Z",
        "extensions": {"bazaar": _declaration(sold, terse=sold.shape == "v2-terse")},
        "quality": _quality(sold.record),
    }


def _v1(sold: Sold) -> dict[str, Any]:
    asked = sold.input_schema
    where = "queryParams" if sold.method == "GET" else "bodyFields"
    fields = {
        name: {**field, "required": name in asked["required"]}
        for name, field in asked["properties"].items()
    }
    terms = {
        "scheme": "exact",
        "network": "solana-devnet",
        "maxAmountRequired": _base_units(sold.price),
        "asset": USDC_DEVNET.address,
        "payTo": _wallet(sold.seller),
        "resource": sold.url,
        "description": sold.says,
        "mimeType": sold.media,
        "maxTimeoutSeconds": 60,
        "outputSchema": {
            "input": {"type": "http", "method": sold.method, "bodyType": "json", where: fields},
            "output": form(sold.gives),
        },
        "extra": {"feePayer": _FEE_PAYER},
    }
    return {
        "resource": sold.url,
        "type": "http",
        "x402Version": 1,
        "lastUpdated": "2026-09-02T18:03:10.000Z",
        "accepts": [terms],
        "metadata": {"name": sold.name, "tags": list(sold.tags)},
        "quality": _quality(sold.record),
    }


def _drifted(sold: Sold) -> dict[str, Any]:
    renamed = [
        {"maxAmountRequired" if name == "amount" else name: value for name, value in one.items()}
        for one in _accepts(sold)
    ]
    return {
        "endpoint": sold.url,
        "x402Version": 2,
        "accepts": renamed,
        "metadata": {
            "name": sold.name,
            "description": sold.says,
            "mimeType": f"{sold.media}; charset=utf-8",
            "tags": list(sold.tags),
            "bazaar": _declaration(sold, terse=False),
        },
        "quality": _quality(sold.record),
    }


def _declaration(sold: Sold, *, terse: bool) -> dict[str, Any]:
    part = "queryParams" if sold.method == "GET" else "body"
    given = form(sold.gives)
    asked: dict[str, Any] = {"type": "http", "method": sold.method, part: sold.example}
    if sold.method == "POST":
        asked["bodyType"] = "json"
    shape: dict[str, Any] = {
        "type": "object",
        "properties": {part: sold.input_schema, "method": {"enum": [sold.method]}},
        "required": ["method", part],
    }
    output = {"type": "object", "properties": {"example": given}}
    properties = {"input": shape} if terse else {"input": shape, "output": output}
    return {
        "info": {"input": asked, "output": {"type": "json", "example": example_of(given)}},
        "schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": properties,
            "required": ["input"],
        },
    }


def _accepts(sold: Sold) -> list[dict[str, Any]]:
    here = {
        "scheme": "exact",
        "network": SOLANA_DEVNET,
        "amount": _base_units(sold.price),
        "asset": USDC_DEVNET.address,
        "payTo": _wallet(sold.seller),
        "maxTimeoutSeconds": 60,
        "extra": {"feePayer": _FEE_PAYER},
    }
    there = {
        **here,
        "network": USDC_BASE.network,
        "asset": USDC_BASE.address,
        "payTo": "0x" + hashlib.sha256(sold.seller.encode()).hexdigest()[:40],
        "extra": {"name": "USD Coin", "version": "2"},
    }
    return [there, here] if sold.shape == "v2-two-chains" else [here]


def _quality(record: Record) -> dict[str, Any]:
    return {
        "l30DaysTotalCalls": record.calls,
        "l30DaysSuccessfulCalls": record.succeeded,
        "l30DaysUniquePayers": record.payers,
        "latencyMsP50": record.p50_ms,
        "latencyMsP95": record.p95_ms,
        "lastCalledAt": "2026-11-20T21:40:00Z",
    }


def _base_units(price: str) -> str:
    return str(round(float(price) * 10**USDC_DEVNET.decimals))


def _wallet(seller: str) -> str:
    return str(Pubkey.from_bytes(hashlib.sha256(seller.encode()).digest()))
