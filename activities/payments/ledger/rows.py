"""Entries as rows, and each move's evidence as a sentence."""

from datetime import datetime

from activities.payments.ledger.ports import LedgerEntry
from domain.catalogue import Terms
from domain.ids import ListingId, StepId, canonical_json, digest_json
from domain.payments import SvmEvidence
from domain.policy import host_of


def payment_row(entry: LedgerEntry, *, changed_at: datetime) -> dict[str, object]:
    """The row of ``payments`` that holds ``entry``."""
    return {
        "key": entry.key,
        "workflow_id": entry.slot.workflow_id,
        "first_run_id": entry.slot.first_run_id,
        "slot_id": entry.slot.step_id,
        "step_id": step_of(entry.slot.step_id),
        "ordinal": entry.slot.ordinal,
        "listing_id": entry.listing_id,
        "host": host_of(entry.claim.url),
        "base_units": held(entry),
        "state": entry.state.value,
        "parked": int(bool(entry.parked)),
        "begun_at": entry.begun_at,
        "changed_at": changed_at,
        "entry": document(entry),
    }


def journal_row(entry: LedgerEntry, *, at: datetime) -> dict[str, object]:
    """The line of the journal that records a move to ``entry``."""
    return {
        "key": entry.key,
        "at": at,
        "state": entry.state.value,
        "evidence": evidence_of(entry),
        "entry": document(entry),
    }


def payee_row(listing: ListingId, terms: Terms, *, first_seen: datetime) -> dict[str, object]:
    """The row of ``payees`` that remembers who is paid for a service."""
    return {
        "name": digest_json([listing, terms.network, terms.pay_to]),
        "listing_id": listing,
        "network": terms.network,
        "pay_to": plain(terms.pay_to),
        "first_seen": first_seen,
    }


def plain(text: str) -> str:
    """Strangers' words as any database can store them: PostgreSQL's texts hold no NUL."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def document(entry: LedgerEntry) -> str:
    """An entry as it is stored."""
    return canonical_json(entry.model_dump(mode="json")).decode()


def step_of(slot_id: StepId) -> str:
    """The step that a slot belongs to; the items of a ``map`` share one."""
    return slot_id.partition("#")[0]


def held(entry: LedgerEntry) -> int:
    """What counts against caps: what moved once that is known, else the most that can move."""
    if entry.receipt is not None:
        return entry.receipt.amount.base_units
    return entry.claim.most


def evidence_of(entry: LedgerEntry) -> str:
    """What is known about a payment, in words that name it without showing any secret."""
    parts = [
        f"asked {entry.claim.order_digest[:16]}",
        f"quoted {entry.terms.base_units} to {entry.terms.pay_to} on {entry.terms.network}",
    ]
    if entry.authorization is not None:
        seen = entry.authorization.evidence
        parts.append(f"signed {seen.message_digest[:16]}")
        if isinstance(seen, SvmEvidence):
            parts.append(f"good up to block {seen.last_valid_block_height}")
        else:
            parts.append(f"nonce {seen.nonce[:18]}, good before {seen.valid_before}")
    if entry.sends:
        parts.append(f"sent {entry.sends} times")
    if entry.http_status is not None:
        parts.append(f"the seller answered {entry.http_status}")
    if entry.receipt is not None:
        parts.append(f"on chain in {entry.receipt.transaction} at {entry.receipt.slot}")
    if entry.refund_transaction is not None:
        parts.append(f"came back in {entry.refund_transaction}")
    parts += [words for words in (entry.reason, entry.parked) if words]
    return plain("; ".join(parts))
