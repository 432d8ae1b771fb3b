"""Errors raised on purpose; the tree is the recovery guide.

::

    EngineError
    ├── RequestRejected          the request itself cannot be taken; ask differently
    ├── RequestNotServable       no honest plan exists; what is missing is said
    ├── PlanRejected             the plan breaks rules; redraft with its reasons
    ├── IllegalTransition        a bug or a lie: a state machine was asked the impossible
    ├── DecisionRefused          the approval decision does not fit; nothing was decided
    ├── UnknownAsset             a token outside our table; do not pay
    ├── Misconfigured            settings are wrong; fix them and start again
    ├── DataError                an expression or its input is wrong; retrying cannot help
    ├── PaymentError
    │   ├── OfferRefused         unsafe to sign, or refused by the seller; nothing moved
    │   ├── TermsChanged         not what was approved; ask again; nothing moved
    │   ├── PolicyForbids        a rule of the installation forbids it; nothing moved
    │   ├── AddressForbidden     a private or redirected address; nothing moved
    │   ├── WalletUnfunded       not enough money, or no token account; nothing moved
    │   ├── BudgetExceeded       reserving would pass a cap; nothing moved
    │   ├── SignatureRefused     a signature that does not fit what was to be signed
    │   └── SignatureExpired     what was to be signed can never land any more; ask afresh
    ├── PaymentUnconfirmed       we cannot tell yet whether money moved; look again (retryable)
    ├── RefundPending            the seller's refund is not on chain yet (retryable)
    ├── RecordsDisagree          ledger, history and chain differ; an operator must look
    └── UpstreamUnavailable      nothing happened; try again (retryable)
"""

from typing import ClassVar, Final

from pydantic import BaseModel

MAX_MESSAGE_CHARACTERS: Final = 600
"""Error text kept; a failure of megabytes loses its type on the way through Temporal."""


class EngineError(Exception):
    """Root of the tree; catch it only at a process boundary."""

    code: ClassVar[str] = "engine"
    """Stable public name: Temporal's failure type, and ``error.code`` for users."""
    retryable: ClassVar[bool] = False
    first_retry_seconds: ClassVar[float] = 1.0
    """Pause before the first retry; it doubles, with jitter, up to the longest."""
    longest_retry_seconds: ClassVar[float] = 10.0

    def __init__(self, message: str) -> None:
        super().__init__(message[:MAX_MESSAGE_CHARACTERS])
        self.details: tuple[BaseModel, ...] = ()
        """What travels with the error to whoever reports it, such as what was used in vain."""

    @property
    def message(self) -> str:
        """What was attempted, on what, and what to do next."""
        return str(self)


class RequestRejected(EngineError):
    """The request cannot be taken as it is: empty, too long, or with an unusable budget."""

    code = "request_rejected"


class RequestNotServable(EngineError):
    """No plan of known services answers the request."""

    code = "request_not_servable"


class PlanRejected(EngineError):
    """A plan breaks a rule; ``reasons`` in the message say which, machine-readably coded."""

    code = "plan_rejected"


class IllegalTransition(EngineError):
    """A state machine was asked for a move it does not have."""

    code = "illegal_transition"


class DecisionRefused(EngineError):
    """An approval decision that is stale, late, repeated or for another plan."""

    code = "decision_refused"


class UnknownAsset(EngineError):
    """A token that is not in our own table."""

    code = "unknown_asset"


class Misconfigured(EngineError):
    """Settings that contradict each other, are unknown, or miss a part."""

    code = "misconfigured"


class DataError(EngineError):
    """An expression failed, or a value does not fit the schema it was meant for."""

    code = "data_error"


class PaymentError(EngineError):
    """Money did not move, and will not by itself."""

    code = "payment"


class OfferRefused(PaymentError):
    """Terms that are unsafe to sign, or a seller that refuses the request itself."""

    code = "offer_refused"


class TermsChanged(PaymentError):
    """Live terms that differ from the approved ones; only a person can accept them."""

    code = "terms_changed"


class PolicyForbids(PaymentError):
    """A rule of the installation's spend policy forbids the payment."""

    code = "policy_forbids"


class AddressForbidden(PaymentError):
    """An address that must not be called: not https, private, or one we were redirected to."""

    code = "address_forbidden"


class SignatureRefused(PaymentError):
    """A signature from outside that does not fit what was to be signed."""

    code = "signature_refused"


class SignatureExpired(PaymentError):
    """Nobody signed in time; what was to be signed can never land any more."""

    code = "signature_expired"


class WalletUnfunded(PaymentError):
    """The paying wallet lacks the token account or the balance."""

    code = "wallet_unfunded"


class BudgetExceeded(PaymentError):
    """A reservation would pass a cap."""

    code = "budget_exceeded"


class PaymentUnconfirmed(EngineError):
    """Sent, but the chain has neither shown the payment nor ruled it out yet."""

    code = "payment_unconfirmed"
    retryable = True
    first_retry_seconds = 0.5
    longest_retry_seconds = 5.0


class RefundPending(EngineError):
    """A refund was asked for; the inbound transfer is not on chain yet."""

    code = "refund_pending"
    retryable = True
    longest_retry_seconds = 5.0


class RecordsDisagree(EngineError):
    """Ledger, history and chain say different things about the same money."""

    code = "records_disagree"


class UpstreamUnavailable(EngineError):
    """Something we depend on did not answer; nothing happened."""

    code = "upstream_unavailable"
    retryable = True
