"""A person's wallet, and the side of the payments worker that asks it to sign: both real."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path

from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature

from activities.payments.reply_seal import open_reply, private_from, public_text
from activities.payments.svm_transfer import Transfer, memo_for, message_of, message_text
from domain.catalogue import Offer
from domain.ids import PaymentKey, digest_bytes
from domain.payments import SignatureRequest, SvmEvidence
from domain.purchases import AttachSignature
from tests.starter import samples

PERSON = Keypair.from_seed(bytes([8] * 32))
ADDRESS = str(PERSON.pubkey())
REPLIES = private_from(b"sealing key of the test's payments worker")


def keyfile(folder: Path, *, mode: int = 0o600) -> Path:
    path = folder / "my-wallet.json"
    path.write_text(json.dumps(list(bytes(PERSON))))
    path.chmod(mode)
    return path


def request(
    offer: Offer, *, key: PaymentKey, payer: str = ADDRESS, pay_to: str | None = None, more: int = 0
) -> SignatureRequest:
    """Ask for a signature; ``pay_to`` and ``more`` make the message another one than it says."""
    terms = offer.terms
    assert terms is not None
    message = message_of(
        Transfer(
            payer=Pubkey.from_string(payer),
            pay_to=Pubkey.from_string(pay_to or terms.pay_to),
            fee_payer=Pubkey.from_string(samples.FACILITATOR),
            asset=terms.amount.asset,
            base_units=terms.base_units + more,
            memo=memo_for(key),
            authority=Pubkey.from_string(payer),
        ),
        Hash.default(),
    )
    return SignatureRequest(
        key=key,
        listing_id=offer.listing_id,
        amount=terms.amount,
        pay_to=terms.pay_to,
        payer=payer,
        message=message_text(message),
        reply_key=public_text(REPLIES),
        evidence=SvmEvidence(
            payer=payer,
            message_digest=digest_bytes(to_bytes_versioned(message)),
            memo=memo_for(key),
            first_slot=1,
            last_valid_block_height=200,
        ),
        sign_within_seconds=60,
    )


@dataclass
class PaymentsDesk:
    """Asks for signatures and checks what comes."""

    asked: dict[PaymentKey, SignatureRequest] = field(default_factory=dict)
    steal: bool = False
    """Have the message pay somebody else than it says."""

    def request(self, offer: Offer, *, key: PaymentKey, payer: str) -> SignatureRequest:
        thief = str(Keypair.from_seed(bytes([9] * 32)).pubkey()) if self.steal else None
        self.asked[key] = request(offer, key=key, payer=payer, pay_to=thief)
        return self.asked[key]

    def attach(self, reply: AttachSignature) -> SignatureRequest:
        wanted = self.asked[reply.key]
        signature = open_reply(reply.sealed_signature, private=REPLIES, key=reply.key)
        message = base64.b64decode(wanted.message)
        assert Signature.from_string(signature).verify(Pubkey.from_string(wanted.payer), message)
        return wanted
