"""What an item asks, and how it gives money back: every spelling of it that was seen."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from pydantic import ValidationError

from activities.discovery.bazaar_values import Json, Malformed, first, is_object, mapping, text
from domain.catalogue import RefundOffer, Terms
from domain.chains import V1_NETWORK_NAMES, known_asset
from domain.errors import UnknownAsset
from domain.limits import MAX_TIMEOUT_SECONDS

MAX_WAYS: Final = 20
"""Ways to pay that are read; no seller has more networks, and each is stored."""

MAX_MEMO_BYTES: Final = 256
"""Longest memo that Solana sellers may ask for. Source: x402 exact scheme for Solana."""

_DIGITS: Final = re.compile(r"[0-9]{1,30}")
_TOKENS: Final = re.compile(r"\$?([0-9]{1,12}(?:\.[0-9]{1,18})?)")


def accepts_of(item: Json) -> tuple[Terms, ...]:
    """Read every way to pay that can be read.

    Raises:
        Malformed: There is none.
    """
    stated = first(item, "accepts", "paymentRequirements", "payment_requirements")
    if stated is None and first(item, "payTo", "pay_to") is not None:
        stated = item  # a flat item is its own and only way to pay
    ways = [stated] if is_object(stated) else stated
    found = ways[:MAX_WAYS] if isinstance(ways, list) else []
    readable = tuple(terms for terms in (_terms(mapping(w), item) for w in found) if terms)
    if not readable:
        raise Malformed("none of its ways to pay can be read" if found else "it accepts nothing")
    return readable


def refund_of(item: Json) -> RefundOffer | None:
    """Read the declared way back; only one that says where and for how long."""
    declared = mapping(mapping(item.get("extensions")).get("refund"))
    info = mapping(declared.get("info")) or declared
    url = first(info, "url", "endpoint")
    window = first(info, "windowSeconds", "window_seconds")
    if not isinstance(url, str) or isinstance(window, bool) or not isinstance(window, int):
        return None
    return RefundOffer(url=url[:2_000], window_seconds=min(window, 2**31)) if window > 0 else None


def _terms(way: Json, item: Json) -> Terms | None:
    network = text(way.get("network"), 100)
    network = V1_NETWORK_NAMES.get(network, network)
    asset = text(way.get("asset"), 100)
    amount = _amount(way, network=network, asset=asset)
    extra = mapping(way.get("extra"))
    memo = extra.get("memo")
    if amount is None or (isinstance(memo, str) and not _is_memo(memo)):
        return None
    old = "maxAmountRequired" in way and "amount" not in way
    timeout = first(way, "maxTimeoutSeconds", "max_timeout_seconds")
    try:
        return Terms(
            x402_version=first(item, "x402Version", "x402_version") or (1 if old else 2),
            scheme=text(way.get("scheme"), 40) or "exact",
            network=network,
            asset=asset,
            base_units=amount,
            pay_to=text(first(way, "payTo", "pay_to"), 100),
            max_timeout_seconds=MAX_TIMEOUT_SECONDS if timeout is None else timeout,
            fee_payer=text(extra.get("feePayer"), 100) or None,
            memo=memo,
            flow=text(extra.get("paymentFlow"), 40) or "authorization",
        )
    except ValidationError:
        return None


def _amount(way: Json, *, network: str, asset: str) -> int | None:
    """Base units. Only a price may be in whole tokens, and shows it: ``$0.01`` or ``0.01``."""
    stated = first(way, "amount", "maxAmountRequired", "max_amount_required")
    if stated is None:
        return _price(way.get("price"), network=network, asset=asset)
    return int(str(stated)) if _is_written(stated) and _DIGITS.fullmatch(str(stated)) else None


def _price(stated: object, *, network: str, asset: str) -> int | None:
    if is_object(stated):
        return _amount(stated, network=network, asset=asset)
    written = str(stated).strip() if _is_written(stated) else ""
    if _DIGITS.fullmatch(written):
        return int(written)
    found = _TOKENS.fullmatch(written)
    if found is None:
        return None
    try:
        decimals = known_asset(network=network, address=asset).decimals
        units = Decimal(found[1]).scaleb(decimals)
    except (UnknownAsset, InvalidOperation):
        return None
    return int(units) if units == units.to_integral_value() else None


def _is_written(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _is_memo(memo: str) -> bool:
    return len(memo.encode(errors="replace")) <= MAX_MEMO_BYTES
