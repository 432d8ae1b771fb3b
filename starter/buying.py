"""One paid call by its address: what starts it."""

import json
from typing import Final
from urllib.parse import urlsplit

from pydantic import JsonValue, ValidationError

from domain.buying import BuyRequest
from domain.errors import RequestRejected
from domain.ids import RequestId
from domain.money import Amount
from starter.journey import Wishes, amount_of, new_id
from starter.session import Session
from starter.workflow_ids import BUY_PREFIX

DEFAULT_MAXIMUM: Final = "0.10"
"""Most that a call may cost when nobody says otherwise: what ordinary calls cost, and no more."""


def new_call(
    session: Session,
    url: str,
    *,
    method: str | None,
    data: str | None,
    maximum: str,
    wishes: Wishes,
) -> BuyRequest:
    """Build what starts a call, refusing here what can be refused before anything starts.

    Raises:
        RequestRejected: The address, the method, the data or the amount cannot be taken.
    """
    amount = amount_of(session, maximum, "--max")
    policy_maximum = session.settings.policy_maximum
    if amount > policy_maximum:
        raise RequestRejected(f"--max {amount} is above the policy's {policy_maximum}")
    chosen = method or ("GET" if data is None else "POST")
    wallet = wishes.wallet.address if wishes.wallet else None
    return call_of(url, method=chosen, data=data, maximum=amount, wallet=wallet)


def call_of(
    url: str, *, method: str, data: str | None, maximum: Amount, wallet: str | None
) -> BuyRequest:
    """Build what starts a call.

    Raises:
        RequestRejected: The address, the method or the data cannot be taken.
    """
    if not url.startswith(("https://", "http://")):
        raise RequestRejected(f"{url[:80]!r} is no address; it begins with https://")
    try:
        return BuyRequest(
            request_id=RequestId(BUY_PREFIX + new_id(urlsplit(url).path)),
            method=method.upper(),
            url=url,
            arguments=_arguments(data),
            maximum=maximum,
            wallet=wallet,
        )
    except ValidationError as err:
        (first, *_) = err.errors(include_url=False, include_input=False)
        name = ".".join(str(part) for part in first["loc"]) or "request"
        raise RequestRejected(f"{name}: {first['msg']}") from None


def _arguments(data: str | None) -> dict[str, JsonValue]:
    if data is None:
        return {}
    try:
        found: JsonValue = json.loads(data)
    except ValueError as err:
        raise RequestRejected(f"--data is not JSON: {err}") from None
    if not isinstance(found, dict):
        raise RequestRejected('--data is not a JSON object, such as {"city": "Oslo"}')
    return found
