"""Signed bytes as they travel: sealed, with what finds them on chain in clear."""

from activities.payments.exchanges import SignedPayment
from activities.payments.ledger.ports import Claim
from activities.payments.ports import Sealer
from domain.artifacts import ArtifactRef
from domain.money import Amount
from domain.payments import Authorization, Evidence


def sealed(
    claim: Claim,
    signed: SignedPayment,
    *,
    evidence: Evidence,
    order: ArtifactRef,
    sealer: Sealer,
) -> Authorization:
    """Seal what was signed for ``claim``."""
    return Authorization(
        key=claim.key,
        listing_id=claim.listing_id,
        amount=Amount(asset=claim.terms.amount.asset, base_units=claim.most),
        pay_to=claim.terms.pay_to,
        scheme=claim.terms.scheme,
        order=order,
        sealed_payment=sealer.seal(signed, key=claim.key),
        evidence=evidence,
    )
