"""The SDK's exceptions in our words: which may be tried again, which need a person."""

from typing import Final, NoReturn

import anthropic
from anthropic.lib.credentials import WorkloadIdentityError

from activities.planning.ports import DrafterBusy
from activities.planning.waiting import asked_wait
from domain.errors import EngineError, Misconfigured, PlanRejected, UpstreamUnavailable

_KEY: Final = "check ANTHROPIC_API_KEY and what its workspace may use"
_LIMIT: Final = "raise the spend limit or pay the bill in the Anthropic Console"
_MODEL: Final = "check CARAVAN_ANTHROPIC_MODEL"
_SETTING: Final = "choose another CARAVAN_ANTHROPIC_MODEL, or set CARAVAN_PLANNER=embedded"
_WAIT: Final = "try again later"
_SHORTER: Final = "shorten the request"

MEANINGS: Final[dict[type[anthropic.AnthropicError], tuple[type[EngineError], str]]] = {
    anthropic.APIConnectionError: (UpstreamUnavailable, _WAIT),
    anthropic.APITimeoutError: (UpstreamUnavailable, _WAIT),
    anthropic.APIResponseValidationError: (UpstreamUnavailable, _WAIT),
    anthropic.RetryableError: (UpstreamUnavailable, _WAIT),
    anthropic.RequestTimeoutError: (UpstreamUnavailable, _WAIT),
    anthropic.ConflictError: (UpstreamUnavailable, _WAIT),
    anthropic.ClientClosedRequestError: (UpstreamUnavailable, _WAIT),
    anthropic.InternalServerError: (UpstreamUnavailable, _WAIT),
    anthropic.HTTPNotImplementedError: (Misconfigured, _SETTING),
    anthropic.ServiceUnavailableError: (DrafterBusy, _WAIT),
    anthropic.OverloadedError: (DrafterBusy, _WAIT),
    anthropic.RateLimitError: (DrafterBusy, _WAIT),
    # A limit on money does not pass by waiting, though it comes as one on speed.
    anthropic.ContractSpendLimitReachedError: (Misconfigured, _LIMIT),
    anthropic.EnforcedSpendLimitReachedError: (Misconfigured, _LIMIT),
    anthropic.PaymentRequiredError: (Misconfigured, _LIMIT),
    anthropic.AuthenticationError: (Misconfigured, _KEY),
    anthropic.PermissionDeniedError: (Misconfigured, _KEY),
    anthropic.CredentialsError: (Misconfigured, _KEY),
    WorkloadIdentityError: (Misconfigured, _KEY),
    anthropic.NotFoundError: (Misconfigured, _MODEL),
    anthropic.BadRequestError: (Misconfigured, _SETTING),
    anthropic.UnprocessableEntityError: (Misconfigured, _SETTING),
    anthropic.PreconditionFailedError: (Misconfigured, _SETTING),
    anthropic.RequestHeaderFieldsTooLargeError: (Misconfigured, _SETTING),
    anthropic.APIWebhookValidationError: (Misconfigured, _SETTING),
    anthropic.ContentTooLargeError: (PlanRejected, _SHORTER),
    anthropic.APIStatusError: (UpstreamUnavailable, _WAIT),
    anthropic.APIError: (UpstreamUnavailable, _WAIT),
    anthropic.AnthropicError: (Misconfigured, _SETTING),
}
"""By class; a class that is not here has the meaning of its nearest parent."""

_BUSY_TYPES: Final = frozenset({"overloaded_error", "rate_limit_error"})
"""Once a stream has begun its status is 200 whatever comes; then only the type tells."""

_MAX_SAID_CHARACTERS: Final = 200
"""Of the provider's own words, which may name the limit or the parameter at fault."""


def meaning_of(kind: type[anthropic.AnthropicError]) -> tuple[type[EngineError], str]:
    """What an SDK exception means for a run, and what to do."""
    return next(
        MEANINGS[parent]
        for parent in kind.__mro__
        if issubclass(parent, anthropic.AnthropicError) and parent in MEANINGS
    )


def translate(err: anthropic.AnthropicError, *, model: str) -> NoReturn:
    """Raise ``err`` as one of ours.

    Raises:
        UpstreamUnavailable: Nothing was drafted; trying again may help.
        Misconfigured: Trying again cannot help; the message says what may.
        PlanRejected: The provider will not read so much.
    """
    raised, advice = meaning_of(type(err))
    if type(err) is anthropic.APIStatusError and err.type in _BUSY_TYPES:
        raised, advice = DrafterBusy, _WAIT
    said = " ".join((_said(err) or "no details").split())[:_MAX_SAID_CHARACTERS]
    kind = type(err).__name__
    message = f"asking {model} for a plan failed ({kind}: {said}); {advice}"
    if raised is DrafterBusy:
        headers = err.response.headers if isinstance(err, anthropic.APIStatusError) else {}
        raise DrafterBusy(message, retry_after_seconds=asked_wait(headers)) from err
    raise raised(message) from err


def _said(err: anthropic.AnthropicError) -> str | None:
    # Never the body or the request: they hold whatever a proxy put there, and our headers.
    if isinstance(err, anthropic.APIStatusError):
        return f"HTTP {err.status_code}, {err.api_message or err.error_code or 'no details'}"
    return err.message if isinstance(err, anthropic.APIConnectionError) else None
