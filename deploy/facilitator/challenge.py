"""Turning a live 402, or a settled payment, into a catalogue item."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from pydantic_core import to_jsonable_python
from x402.extensions.bazaar import extract_discovery_info
from x402.schemas import PaymentPayload, PaymentRequirements

CHALLENGE_HEADER: Final = "payment-required"
"""Where a version 2 seller puts its terms."""


class NotAChallenge(ValueError):
    """The answer is not a 402 with terms and a valid bazaar declaration."""


def read_challenge(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Decode the terms of a 402 of either protocol version.

    Raises:
        NotAChallenge: There are no terms to read.
    """
    if status != 402:  # noqa: PLR2004 - the status the protocol is named after
        raise NotAChallenge(f"answered {status}, not 402")
    try:
        header = headers.get(CHALLENGE_HEADER)
        terms = json.loads(base64.b64decode(header, validate=True) if header else body)
    except ValueError as err:
        raise NotAChallenge("the terms are not JSON") from err
    if not isinstance(terms, dict) or not terms.get("accepts"):
        raise NotAChallenge("the 402 accepts nothing")
    return terms


def item_from_challenge(url: str, terms: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Describe a probed resource.

    Raises:
        NotAChallenge: It declares no valid bazaar extension, or describes another resource.
    """
    version = int(terms.get("x402Version", 1))
    first: dict[str, Any] = terms["accepts"][0]
    resource = terms.get("resource") or {"url": first.get("resource", url)}
    if origin(resource.get("url", "")) != origin(url):
        raise NotAChallenge(f"the terms describe {resource.get('url')!r}, another origin")
    envelope = {**terms, "resource": resource}
    found = extract_discovery_info(envelope, first)
    if found is None:
        raise NotAChallenge("no valid bazaar declaration")
    extensions = to_jsonable_python(
        terms.get("extensions") or found.extensions or {}, by_alias=True, exclude_none=True
    )
    return _item(url, version, terms["accepts"], extensions, found, now)


def item_from_settlement(
    payload: PaymentPayload, requirements: PaymentRequirements, now: datetime
) -> dict[str, Any] | None:
    """Describe a resource known only from a settled payment, or ``None``.

    The payload was written by the buyer, so only its validated declaration is kept.
    """
    found = extract_discovery_info(payload, requirements)
    if found is None:
        return None
    accepts = [requirements.model_dump(by_alias=True, exclude_none=True)]
    declared = (payload.extensions or {}).get("bazaar", {})
    extensions = {"bazaar": {key: declared.get(key) for key in ("info", "schema")}}
    return _item(found.resource_url, payload.x402_version, accepts, extensions, found, now)


def _item(
    url: str,
    version: int,
    accepts: list[dict[str, Any]],
    extensions: dict[str, Any],
    found: Any,  # noqa: ANN401 - the package's DiscoveredResource, whose module is private
    now: datetime,
) -> dict[str, Any]:
    shared = {
        "description": found.description,
        "mimeType": found.mime_type,
        "tags": found.tags,
        "iconUrl": found.icon_url,
    }
    shared = {key: value for key, value in shared.items() if value is not None}
    named = {"name": found.service_name} if found.service_name else {}
    return {
        "resource": url,
        "type": "http",
        "x402Version": version,
        "accepts": accepts,
        "lastUpdated": now.isoformat(),
        "extensions": extensions,
        "metadata": {**named, **shared},
        **({"serviceName": found.service_name} if found.service_name else {}),
        **shared,
    }


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return what makes two URLs the same seller: scheme, host, port."""
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port
