"""Signs with a person's own wallet what a run asks it to, after checking that it is no more.

The messages come from a worker, which this side need not believe: each is read here, byte by
byte, and signed only if it moves what was approved to whom it was approved for, and nothing else.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from activities.payments.reply_seal import seal_reply
from activities.payments.svm_reading import TransferWords, explain
from domain.approval import ApprovalRequest
from domain.chains import Family, family_of
from domain.errors import EngineError
from domain.ids import Digest, digest_bytes
from domain.money import Amount
from domain.payments import SignatureRequest
from domain.plan import Plan
from domain.purchases import AttachSignature
from domain.runs import RunSnapshot
from starter.own_wallet import OwnWallet, token_account
from starter.requests import Requests
from starter.wording import short
from starter.workflow_ids import is_call

_KEY_SHOWN: Final = 12


@dataclass(frozen=True)
class Consent:
    """What the person at this side agreed to."""

    documents: Collection[Digest] | None = None
    """Approvals given here; nothing else is signed. ``None``: whatever the run shows as approved,
    for a command that is told to sign what waits."""
    up_to: Amount | None = None
    """Named instead of an approval, for a single call."""


class Cosigner:
    """One wallet beside one run; each message is signed once or refused once."""

    def __init__(self, wallet: OwnWallet, consent: Consent) -> None:
        self._wallet = wallet
        self._consent = consent
        self._dealt_with: set[str] = set()
        self.refused: list[str] = []
        """Why messages were not signed."""

    def waiting(self, snapshot: RunSnapshot) -> tuple[SignatureRequest, ...]:
        """What was neither signed nor refused here."""
        return tuple(
            wanted
            for wanted in snapshot.signature_requests
            if wanted.message not in self._dealt_with
        )

    async def sign_all(self, requests: Requests, snapshot: RunSnapshot) -> list[str]:
        """Sign what waits, and say for each what became of it.

        Raises:
            StackUnreachable: Nobody took a signature; nothing is lost, sign again.
        """
        words: list[str] = []
        for wanted in self.waiting(snapshot):
            problem = message_problem(
                wanted, snapshot, wallet=self._wallet.address, consent=self._consent
            )
            if problem is not None:
                self.refused.append(problem)
                words.append(f"NOT signed, payment {wanted.key[:_KEY_SHOWN]}: {problem}")
            else:
                words.append(await self._sign(requests, snapshot, wanted))
            self._dealt_with.add(wanted.message)
        return words

    async def _sign(
        self, requests: Requests, snapshot: RunSnapshot, wanted: SignatureRequest
    ) -> str:
        signature = self._wallet.sign(wanted.message)
        sealed = seal_reply(signature, reply_key=wanted.reply_key, key=wanted.key)
        reply = AttachSignature(key=wanted.key, sealed_signature=sealed)
        await requests.sign(snapshot.report.request_id, reply)
        return f"Signed {wanted.amount} to {short(wanted.pay_to)} for {wanted.listing_id}"


def message_problem(
    wanted: SignatureRequest,
    snapshot: RunSnapshot,
    *,
    wallet: str,
    consent: Consent,
) -> str | None:
    """Say why a message must not be signed, if it must not.

    Obligations, each its own refusal:

    1. It asks this wallet.
    2. What it is for was approved: here, if it was here that it was decided on.
    3. The approved plan names the service, the payee, the token, and at least the amount.
    4. With what the run has spent, the amount stays within the approved cap.
    5. The message is the one that its evidence names.
    6. Read here, it moves exactly that amount of that token from this wallet to that payee, this
       wallet pays no fee, and nothing else happens in it.
    """
    if wanted.payer != wallet:
        return f"it asks {wanted.payer}, not this wallet"
    return (
        _unapproved(wanted, snapshot, consent)
        or _unplanned(wanted, snapshot.plan)
        or _above_cap(wanted, snapshot)
        or _another_message(wanted)
        or _other_effect(wanted, wallet)
    )


def _unapproved(wanted: SignatureRequest, snapshot: RunSnapshot, consent: Consent) -> str | None:
    document, plan = snapshot.approval_request, snapshot.plan
    if document is None or not _agreed(document, snapshot, consent):
        return "what it is for was not approved"
    if plan is None or plan.digest != document.plan_digest:
        return "the run's plan is not the approved one"
    if document.wallet != wanted.payer:
        return f"the approval names {document.wallet} as the wallet that pays"
    return None


def _agreed(document: ApprovalRequest, snapshot: RunSnapshot, consent: Consent) -> bool:
    approval = snapshot.approval
    if approval is None:
        named = consent.up_to
        if named is None and consent.documents is None and is_call(document.request_id):
            named = snapshot.report.budget
        return named is not None and document.cap <= named
    if approval.decision.verdict != "approve":
        return False
    here = consent.documents is None or document.digest in consent.documents
    return here and approval.decision.document_digest == document.digest


def _unplanned(wanted: SignatureRequest, plan: Plan | None) -> str | None:
    offers = [one for one in plan.offers if one.listing_id == wanted.listing_id] if plan else []
    if not offers:
        return f"{wanted.listing_id} is not in the approved plan"
    terms = offers[0].terms
    if terms is None:
        return f"{wanted.listing_id} was approved as free"
    if terms.pay_to != wanted.pay_to:
        return f"it pays {wanted.pay_to}, approved was {terms.pay_to}"
    if terms.amount.asset != wanted.amount.asset:
        return f"it pays in {wanted.amount.asset.address}, approved was {terms.asset}"
    if wanted.amount > terms.amount:
        return f"it pays {wanted.amount}, approved was {terms.amount}"
    return None


def _above_cap(wanted: SignatureRequest, snapshot: RunSnapshot) -> str | None:
    document, spent = snapshot.approval_request, snapshot.report.spent
    if document is None:
        return "nobody approved this run"
    total: Amount = spent + wanted.amount.valued_in(spent.asset)
    if total > document.cap:
        return f"with it the run would have spent {total}, approved were {document.cap}"
    return None


def _another_message(wanted: SignatureRequest) -> str | None:
    if wanted.evidence.kind != "svm" or (family_of(wanted.amount.asset.network) is not Family.SVM):
        return "this wallet signs on Solana only"
    try:
        content = base64.b64decode(wanted.message, validate=True)
    except ValueError:
        return "it is no message"
    if digest_bytes(content) != wanted.evidence.message_digest:
        return "the message is not the one that the payment's evidence names"
    return None


def _other_effect(wanted: SignatureRequest, wallet: str) -> str | None:
    try:
        words: TransferWords = explain(wanted.message)
    except EngineError as err:
        return f"it does more than pay, or is unreadable: {err.message}"
    mint = wanted.amount.asset.address
    if wallet == words.fee_payer:
        return "this wallet would pay the network's fee"
    if words.authority != wallet:
        return f"it moves what {words.authority} holds, which is not this wallet"
    if (words.mint, words.decimals) != (mint, wanted.amount.asset.decimals):
        return f"it moves the token {words.mint}, approved was {mint}"
    if words.base_units != wanted.amount.base_units:
        return f"it moves {words.base_units} base units, approved were {wanted.amount.base_units}"
    if words.source != token_account(wallet, mint=mint):
        return f"it moves money out of {words.source}, which is not this wallet's account"
    if words.destination != token_account(wanted.pay_to, mint=mint):
        return f"it pays the account {words.destination}, which is not the approved payee's"
    return None
