"""Websocket subscriptions: what each one listens for, and the notifications it gets."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from solders.account import Account
from solders.pubkey import Pubkey
from solders.signature import Signature

from deploy.localnet.account_json import AccountEncoder
from deploy.localnet.chain import LocalChain
from deploy.localnet.json_types import Json, JsonObject, as_object
from deploy.localnet.records import Change, Landed
from deploy.localnet.rpc_accounts import account_filters
from deploy.localnet.rpc_errors import METHOD_NOT_FOUND, RpcError, invalid_params
from deploy.localnet.rpc_params import Params, read_pubkey

Kind = Literal["signature", "slot", "root", "account", "program", "logs"]

MAX_SLOT_NOTIFICATIONS: Final = 1_000
"""After a larger jump only the newest slots are announced; nobody waits for the others."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One thing a client wants to hear about."""

    number: int
    kind: Kind
    config: JsonObject
    key: Pubkey | None = None
    signature: Signature | None = None


Notices: TypeAlias = Iterator[JsonObject]
_ids: Final = itertools.count(1)


class Session:
    """The subscriptions of one connection. It is told what happens and says what to send."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._open: dict[int, Subscription] = {}
        self._last_slot = chain.slot

    def answer(self, method: str, params: Params) -> tuple[Json, list[JsonObject]]:
        """Answer a request; also return the notifications that are due at once."""
        if method.endswith("Unsubscribe"):
            number = params.count(0)
            if self._open.pop(number, None) is None:
                raise invalid_params("Invalid subscription id.")
            return True, []
        make = _SUBSCRIBE.get(method)
        if make is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found")
        subscription = replace(make(params), number=next(_ids))
        with self._chain.lock:
            self._open[subscription.number] = subscription
            return subscription.number, self._due_now(subscription)

    def on_change(self, change: Change) -> list[JsonObject]:
        """Return the notifications a change causes."""
        notices: list[JsonObject] = []
        for subscription in list(self._open.values()):
            notices += self._notices_of(subscription, change)
        return notices

    def on_slot(self, slot: int) -> list[JsonObject]:
        """Return the notifications of the slots that passed since the last call."""
        first = max(self._last_slot + 1, slot - MAX_SLOT_NOTIFICATIONS + 1)
        self._last_slot = max(self._last_slot, slot)
        notices: list[JsonObject] = []
        for passed in range(first, slot + 1):
            for subscription in self._open.values():
                if subscription.kind == "slot":
                    value: Json = {"parent": passed - 1, "root": passed, "slot": passed}
                    notices.append(_notice(subscription, value))
                elif subscription.kind == "root":
                    notices.append(_notice(subscription, passed))
        return notices

    def _due_now(self, subscription: Subscription) -> list[JsonObject]:
        if subscription.signature is None:
            return []
        landed = self._chain.landed(subscription.signature)
        return [] if landed is None else self._landed_notice(subscription, landed)

    def _notices_of(self, subscription: Subscription, change: Change) -> list[JsonObject]:
        landed = change.landed
        if subscription.kind == "signature":
            if landed is None or landed.signature != subscription.signature:
                return []
            return self._landed_notice(subscription, landed)
        if subscription.kind == "logs":
            wanted = subscription.key is None or subscription.key in change.mentioned
            return [_logs_notice(subscription, landed)] if landed and wanted else []
        if subscription.kind in {"account", "program"}:
            return self._account_notices(subscription, change)
        return []

    def _landed_notice(self, subscription: Subscription, landed: Landed) -> list[JsonObject]:
        # A node ends this subscription by itself after its one notification.
        self._open.pop(subscription.number, None)
        return [_notice(subscription, _with_context(landed.slot, {"err": landed.err}))]

    def _account_notices(self, subscription: Subscription, change: Change) -> list[JsonObject]:
        encoder = AccountEncoder(subscription.config, self._chain.machine.account)
        filters = account_filters(subscription.config)
        notices: list[JsonObject] = []
        for key, account in change.accounts.items():
            if subscription.kind == "account" and key == subscription.key:
                value = _rendered(encoder, account)
                notices.append(_notice(subscription, _with_context(change.slot, value)))
            elif subscription.kind == "program" and account is not None:
                if account.owner != subscription.key:
                    continue
                if all(check.passes(account) for check in filters):
                    entry: Json = {"pubkey": str(key), "account": _rendered(encoder, account)}
                    notices.append(_notice(subscription, _with_context(change.slot, entry)))
        return notices


_CLOSED: Final[JsonObject] = {
    "data": ["", "base64"],
    "executable": False,
    "lamports": 0,
    "owner": str(Pubkey.default()),
    "rentEpoch": 0,
    "space": 0,
}
"""How a node announces that an account is gone."""


_TOO_LARGE: Final = "error: data too large for bs58 encoding"
"""What a node notifies instead of data; there is no request left to refuse."""


def _rendered(encoder: AccountEncoder, account: Account | None) -> Json:
    if account is None:
        return _CLOSED
    try:
        return encoder.render(account)
    except RpcError:
        empty = Account(account.lamports, b"", account.owner, account.executable)
        rendered = as_object(encoder.render(empty))
        return {**rendered, "data": _TOO_LARGE, "space": len(account.data)}


def _notice(subscription: Subscription, result: Json) -> JsonObject:
    return {
        "jsonrpc": "2.0",
        "method": f"{subscription.kind}Notification",
        "params": {"result": result, "subscription": subscription.number},
    }


def _with_context(slot: int, value: Json) -> JsonObject:
    return {"context": {"slot": slot}, "value": value}


def _logs_notice(subscription: Subscription, landed: Landed) -> JsonObject:
    value: Json = {
        "signature": str(landed.signature),
        "err": landed.err,
        "logs": landed.meta["logMessages"],
    }
    return _notice(subscription, _with_context(landed.slot, value))


def _on_signature(params: Params) -> Subscription:
    return Subscription(0, "signature", params.config(1), signature=params.signature(0))


def _on_account(params: Params) -> Subscription:
    return _checked(Subscription(0, "account", params.config(1), key=params.pubkey(0)))


def _on_program(params: Params) -> Subscription:
    return _checked(Subscription(0, "program", params.config(1), key=params.pubkey(0)))


def _on_logs(params: Params) -> Subscription:
    wanted = params.optional(0)
    if isinstance(wanted, str) and wanted in {"all", "allWithVotes"}:
        return Subscription(0, "logs", params.config(1))
    mentions = wanted.get("mentions") if isinstance(wanted, dict) else None
    if not isinstance(mentions, list) or len(mentions) != 1:
        raise invalid_params("Invalid Request: Only 1 address supported")
    return Subscription(0, "logs", params.config(1), key=read_pubkey(mentions[0]))


def _on_slot(_: Params) -> Subscription:
    return Subscription(0, "slot", {})


def _on_root(_: Params) -> Subscription:
    return Subscription(0, "root", {})


def _checked(subscription: Subscription) -> Subscription:
    # A bad encoding or filter must fail the request, not the first notification.
    AccountEncoder(subscription.config, lambda _: None)
    account_filters(subscription.config)
    return subscription


_SUBSCRIBE: Final[dict[str, Callable[[Params], Subscription]]] = {
    "signatureSubscribe": _on_signature,
    "accountSubscribe": _on_account,
    "programSubscribe": _on_program,
    "logsSubscribe": _on_logs,
    "slotSubscribe": _on_slot,
    "rootSubscribe": _on_root,
}
