"""Rows of the ledger's second shape, from entries of the first. Never changed.

Entries are taken as the JSON that they are stored as: what the code's models become later must not
change what this migration does.
"""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from domain.ids import Digest, canonical_json, digest_json

Entry = dict[str, Any]
"""An entry as JSON."""

FIRST_LINK: Final = "0" * 64
"""What the first line of a book is bound to."""

_MAY_MOVE: Final = ("signed", "sent", "unknown")
_KEPT: Final = ("kind", "key", "listing_id", "amount", "pay_to", "order", "sealed_payment")
_EVIDENCE: Final = ("message_digest", "memo", "first_slot", "last_valid_block_height")
_SAME: Final = (
    *("state", "sends", "answer", "http_status", "hint"),
    *("refund_transaction", "reason"),
)
_NEW_IN_TERMS: Final = {"channel": None, "spender": None, "transfer_method": "eip3009"}
_NEW_IN_RECEIPTS: Final = {"piece": "", "scheme": "exact"}


def entry_from_first(old: Entry, *, begun_at: datetime) -> Entry:
    """Read an entry of the first shape, which knew no claim and one chain only."""
    authorization, receipt = old["authorization"], old["receipt"]
    payer = receipt["payer"] if receipt else ""
    method_and_url = str(old["listing_id"])
    begun = _written(begun_at)
    # Of an old order only its stored form has a digest.
    order = authorization["order"]["digest"] if authorization else digest_json(method_and_url)
    return {
        "claim": {
            "at_risk": None,
            "key": old["key"],
            "slot": old["slot"],
            "listing_id": old["listing_id"],
            "url": method_and_url.partition(" ")[2] or method_and_url,
            "terms": {**_NEW_IN_TERMS, **old["terms"]},
            "quoted_at": begun,
            "order_digest": order,
            "payer": payer,
            "refund": None,
        },
        "begun_at": begun,
        "prepared": None,
        "authorization": _authorization(authorization, payer) if authorization else None,
        "evidence": None,
        "receipt": {**_NEW_IN_RECEIPTS, **receipt} if receipt else None,
        "parked": "",
        **{name: old[name] for name in _SAME},
    }


def problem_with(entry: Entry) -> str:
    """Why an operator has to look at it; empty when nobody has to."""
    # Looked for under a wrong payer, a payment that landed would pass for one that never did.
    known = entry["claim"]["payer"] or entry["state"] not in _MAY_MOVE
    if entry["authorization"] is None or known:
        return ""
    return "it was signed before payers were on record; look for its memo on chain"


def payment_row(entry: Entry, *, begun_at: datetime, changed_at: datetime) -> Entry:
    """The row of ``payments`` that holds ``entry``."""
    claim, receipt = entry["claim"], entry["receipt"]
    slot = claim["slot"]
    held = receipt["amount"]["base_units"] if receipt else claim["terms"]["base_units"]
    return {
        "key": claim["key"],
        "workflow_id": slot["workflow_id"],
        "first_run_id": slot["first_run_id"],
        "slot_id": slot["step_id"],
        "step_id": slot["step_id"].partition("#")[0],
        "ordinal": slot["ordinal"],
        "listing_id": claim["listing_id"],
        "host": _host_of(claim["url"]),
        "base_units": held,
        "state": entry["state"],
        "parked": int(bool(entry["parked"])),
        "begun_at": begun_at,
        "changed_at": changed_at,
        "entry": _document(entry),
    }


def journal_row(entry: Entry, *, at: datetime) -> Entry:
    """The line of the journal that records a move to ``entry``."""
    return {
        "key": entry["claim"]["key"],
        "at": at,
        "state": entry["state"],
        "evidence": _evidence_of(entry),
        "entry": _document(entry),
    }


def payee_row(entry: Entry, *, first_seen: datetime) -> Entry:
    """The row of ``payees`` that remembers who is paid for a service."""
    listing, terms = entry["claim"]["listing_id"], entry["claim"]["terms"]
    return {
        "name": digest_json([listing, terms["network"], terms["pay_to"]]),
        "listing_id": listing,
        "network": terms["network"],
        "pay_to": _plain(terms["pay_to"]),
        "first_seen": first_seen,
    }


def book_row(entry: Entry, *, number: int, before: str) -> tuple[Digest, Entry]:
    """The digest and the row of the line for a proven payment."""
    claim, receipt = entry["claim"], entry["receipt"]
    line = {
        "number": number,
        "receipt": receipt,
        "workflow_id": claim["slot"]["workflow_id"],
        "url": claim["url"],
        "terms": claim["terms"],
        "quoted_at": claim["quoted_at"],
        "order_digest": claim["order_digest"],
        "before": before,
    }
    digest = digest_json(line)
    return digest, {
        "number": number,
        "key": claim["key"],
        "workflow_id": claim["slot"]["workflow_id"],
        "network": receipt["network"],
        "transaction": _plain(receipt["transaction"]),
        "piece": receipt["piece"],
        "line": _document({**line, "digest": digest}),
    }


def _authorization(old: Entry, payer: str) -> Entry:
    return {
        **{name: old[name] for name in _KEPT},
        "scheme": "exact",
        "evidence": {
            "kind": "svm",
            "payer": payer,
            **{name: old[name] for name in _EVIDENCE},
        },
    }


def _evidence_of(entry: Entry) -> str:
    claim, signed, receipt = entry["claim"], entry["authorization"], entry["receipt"]
    terms = claim["terms"]
    parts = [
        f"asked {claim['order_digest'][:16]}",
        f"quoted {terms['base_units']} to {terms['pay_to']} on {terms['network']}",
    ]
    if signed is not None:
        seen = signed["evidence"]
        parts.append(f"signed {seen['message_digest'][:16]}")
        parts.append(f"good up to block {seen['last_valid_block_height']}")
    if entry["sends"]:
        parts.append(f"sent {entry['sends']} times")
    if entry["http_status"] is not None:
        parts.append(f"the seller answered {entry['http_status']}")
    if receipt is not None:
        parts.append(f"on chain in {receipt['transaction']} at {receipt['slot']}")
    if entry["refund_transaction"] is not None:
        parts.append(f"came back in {entry['refund_transaction']}")
    parts += [words for words in (entry["reason"], entry["parked"]) if words]
    return _plain("; ".join(parts))


def _document(content: Entry) -> str:
    return canonical_json(content).decode()


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _host_of(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
        plain = host if host.isascii() else host.encode("idna").decode().lower()
    except ValueError:
        return ""
    return plain.removesuffix(".")


def _plain(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
