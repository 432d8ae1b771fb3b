"""Limits that shape behaviour, each with its unit and its reason."""

from datetime import timedelta
from typing import Final

MAX_REQUEST_CHARACTERS: Final = 8_000
"""A longer request is a document, not a wish; it would only cost tokens."""

MAX_STEPS: Final = 500
"""Steps in one plan; keeps a run's history far below Temporal's own limits."""

MAX_MAP_ITEMS: Final = 100
"""Items one ``map`` step may fan out to; its price is shown as this maximum."""

MAX_PARALLEL_STEPS: Final = 16
"""Steps of one run in flight at a time; bounds how much may be reserved at once."""

MAX_ALTERNATES: Final = 2
"""Fallback services named in an approval, per step."""

MAX_PURCHASES_PER_STEP: Final = 4
"""New signatures for one step, each after proof that the one before can never land."""

INLINE_PAYLOAD_BYTES: Final = 32 * 1024
"""Larger payloads leave the history for the artifact store."""

MAX_RESPONSE_BYTES: Final = 8 * 1024 * 1024
"""Bytes read of a paid response; a seller must not fill our disk."""

MAX_TIMEOUT_SECONDS: Final = 300
"""Largest ``maxTimeoutSeconds`` we sign for: the x402 packages' own default."""

MAX_MEMO_BYTES: Final = 256
"""Seller memo we sign at most. Source: x402 exact scheme for SVM."""

APPROVAL_LIFETIME: Final = timedelta(hours=1)
"""How long live quotes may wait for a decision before the run expires."""

ANCHOR_WAIT: Final = timedelta(seconds=20)
"""How long a finished run waits for its on-chain record; the record goes on without it."""

REFUND_DEADLINE: Final = timedelta(seconds=90)
"""How long rollback waits for an accepted refund to arrive before it writes the money off.

A refund is one ordinary transaction, so it lands within a blockhash lifetime or not at all."""

UNKNOWN_DEADLINE: Final = timedelta(minutes=10)
"""How long one ``settle`` may look for its outcome before the payment is parked as unknown."""

POLICY_MAX_BUDGET: Final = "100.00"
"""Largest budget of one request, in whole tokens, unless settings say otherwise."""

SIGNATURE_WAIT: Final = timedelta(seconds=75)
"""How long a run waits for a wallet outside: what it signs can land for about so long."""

LEFT_ALONE: Final = timedelta(minutes=15)
"""A payment without an ending that nobody touched for so long has lost its run."""

RECONCILE_EVERY: Final = timedelta(minutes=5)
"""How often payments that lost their run are looked for."""

MAX_ASKINGS: Final = 8
"""How often one run may come back to its person; prices that never hold still end it."""
