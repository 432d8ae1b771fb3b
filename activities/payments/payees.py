"""Whether money would go where it always went."""

from collections.abc import Sequence

from activities.payments.ledger.ports import Payee
from domain.catalogue import Offer, Terms
from domain.policy import SpendPolicy


def is_new(payees: Sequence[Payee], terms: Terms) -> bool:
    """Whether a service would be paid at this address for the first time."""
    return terms.pay_to not in _known(payees, terms)


def is_changed(payees: Sequence[Payee], terms: Terms) -> bool:
    """Whether a service that was paid on this network before now wants it elsewhere."""
    return bool(_known(payees, terms)) and is_new(payees, terms)


def payee_problem(
    payees: Sequence[Payee], *, offer: Offer, terms: Terms, policy: SpendPolicy
) -> str | None:
    """Say why the policy forbids paying this payee for this service."""
    if policy.changed_payee != "refuse" or not is_changed(payees, terms):
        return None
    return f"the policy refuses changed payees: {change_words(payees, offer=offer, terms=terms)}"


def change_words(payees: Sequence[Payee], *, offer: Offer, terms: Terms) -> str:
    """Name who was paid before and who would be paid now."""
    before = _known(payees, terms)
    return f"{offer.name} was paid at {before[-1]} before and now wants it at {terms.pay_to}"


def _known(payees: Sequence[Payee], terms: Terms) -> list[str]:
    return [payee.pay_to for payee in payees if payee.network == terms.network]
