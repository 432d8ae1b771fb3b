"""The extension ``payment-identifier``: our own name for a payment, added where a seller asks it.

A seller that honours it answers a resend with the answer it gave before. The name is the payment's
key, so it is the same whenever and wherever the payment is made again.
"""

from typing import Final

from activities.payments.exchanges import Challenge
from domain.ids import PaymentKey

EXTENSION: Final = "payment-identifier"
"""Source: the extension's specification; a name has 16 to 128 letters, digits, ``-`` or ``_``."""


def identified(challenge: Challenge, key: PaymentKey) -> Challenge:
    """The challenge whose echo names the payment, if the seller declared that it takes names.

    Nothing of the seller's own words is changed; a changed echo would be refused.
    """
    extensions = challenge.extensions
    declared = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    info = declared.get("info") if isinstance(declared, dict) else None
    if not isinstance(extensions, dict) or not isinstance(declared, dict):
        return challenge
    if not isinstance(info, dict) or not isinstance(info.get("required"), bool):
        return challenge
    named = {**declared, "info": {**info, "id": str(key)}}
    return challenge.model_copy(update={"extensions": {**extensions, EXTENSION: named}})
