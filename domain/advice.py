"""What a person can do next, by the code of what went wrong."""

from typing import Final

_ADVICE: Final = {
    "request_rejected": "Change the request or its budget and run it again.",
    "request_not_servable": "Ask for something the services can do; `caravan services` lists them.",
    "over_budget": "Run it again with a budget that covers the plan.",
    "plan_rejected": "Say the request differently; the planner found no plan that holds together.",
    "offer_refused": "The seller changed its terms or cannot be paid; run it again for new prices.",
    "wallet_unfunded": "Fund the paying wallet, then run it again.",
    "terms_changed": "The seller asks something else than was approved; run it again and look.",
    "policy_forbids": "The spend policy forbids it; whoever runs this installation can change it.",
    "address_forbidden": "The seller's address cannot be trusted; another service is needed.",
    "signature_refused": "Sign exactly what is asked with the wallet that was named.",
    "signature_expired": "Nobody signed in time; run it again with the wallet at hand.",
    "records_disagree": "`caravan payments --parked` shows it; nothing more is paid meanwhile.",
    "budget_exceeded": "Run it again with a larger budget.",
    "upstream_unavailable": "Run `caravan doctor`; then `caravan retry` buys only what is missing.",
    "paid_undelivered": "`caravan receipts` has the proof of payment for the seller; "
    "`caravan retry` buys only what is missing.",
    "not_delivered": "Nothing was paid for it; `caravan retry` buys only what is missing.",
    "data_error": "A service answered something the plan cannot use; say the request differently.",
    "rejected": "Nothing more is paid; run it again when you want it.",
    "expired": "Nothing more is paid; run it again for new prices.",
    "cancelled": "`caravan retry` continues with what was delivered and not refunded.",
    "timed_out": "Run `caravan doctor`: a worker may be down; then `caravan retry`.",
    "misconfigured": "Run `caravan doctor`, mend what it names, then `caravan retry`.",
}


def advice_for(code: str) -> str:
    """Say what to do next after a failure with ``code``."""
    return _ADVICE.get(code, "Look at the run in the Web UI, then try `caravan retry`.")
