"""The OpenAI SDK's exceptions in our words: which may be tried again, which need a person."""

from typing import Final, NoReturn

import openai

from activities.planning.ports import DrafterBusy, ProviderDeclined
from activities.planning.waiting import asked_wait
from domain.errors import EngineError, Misconfigured, PlanRejected, UpstreamUnavailable

_KEY: Final = "check OPENAI_API_KEY and what its project may use"
_BILL: Final = "raise the limit or pay the bill where the key comes from"
_MODEL: Final = "check CARAVAN_OPENAI_MODEL and OPENAI_BASE_URL"
_SETTING: Final = "choose another CARAVAN_OPENAI_MODEL, or set CARAVAN_PLANNER=embedded"
_WAIT: Final = "try again later"
_SHORTER: Final = "shorten the request"
_OTHER: Final = "ask for something else, or set CARAVAN_PLANNER=embedded"

MEANINGS: Final[dict[type[openai.OpenAIError], tuple[type[EngineError], str]]] = {
    openai.APIConnectionError: (UpstreamUnavailable, _WAIT),
    openai.APITimeoutError: (UpstreamUnavailable, _WAIT),
    openai.APIResponseValidationError: (UpstreamUnavailable, _WAIT),
    openai.ConflictError: (UpstreamUnavailable, _WAIT),
    openai.InternalServerError: (UpstreamUnavailable, _WAIT),
    openai.RateLimitError: (DrafterBusy, _WAIT),
    openai.AuthenticationError: (Misconfigured, _KEY),
    openai.OAuthError: (Misconfigured, _KEY),
    openai.PermissionDeniedError: (Misconfigured, _KEY),
    openai.NotFoundError: (Misconfigured, _MODEL),
    openai.BadRequestError: (Misconfigured, _SETTING),
    openai.UnprocessableEntityError: (Misconfigured, _SETTING),
    openai.LengthFinishReasonError: (PlanRejected, _SHORTER),
    openai.ContentFilterFinishReasonError: (ProviderDeclined, _OTHER),
    openai.WebSocketConnectionClosedError: (UpstreamUnavailable, _WAIT),
    openai.WebSocketQueueFullError: (UpstreamUnavailable, _WAIT),
    openai.APIStatusError: (UpstreamUnavailable, _WAIT),
    openai.APIError: (UpstreamUnavailable, _WAIT),
    openai.OpenAIError: (Misconfigured, _SETTING),
}
"""By class; a class that is not here has the meaning of its nearest parent."""

BY_CODE: Final[dict[str, tuple[type[EngineError], str]]] = {
    # A limit on money does not pass by waiting, though it comes as one on speed.
    "insufficient_quota": (Misconfigured, _BILL),
    "billing_hard_limit_reached": (Misconfigured, _BILL),
    "context_length_exceeded": (PlanRejected, _SHORTER),
    "content_policy_violation": (ProviderDeclined, _OTHER),
    "content_filter": (ProviderDeclined, _OTHER),
    "rate_limit_exceeded": (DrafterBusy, _WAIT),
}
"""By the provider's own code, which says more than the status it comes with."""

BY_STATUS: Final[dict[int, tuple[type[EngineError], str]]] = {
    402: (Misconfigured, _BILL),
    413: (PlanRejected, _SHORTER),
    503: (DrafterBusy, _WAIT),
    529: (DrafterBusy, _WAIT),
}
"""By status, for those that have no class of their own."""

_MAX_SAID_CHARACTERS: Final = 200
"""Of the provider's own words, which may name the limit or the parameter at fault."""


def meaning_of(err: openai.OpenAIError) -> tuple[type[EngineError], str]:
    """What an SDK exception means for a run, and what to do."""
    if isinstance(err, openai.APIError) and err.code in BY_CODE:
        return BY_CODE[err.code or ""]
    if isinstance(err, openai.APIStatusError) and err.status_code in BY_STATUS:
        return BY_STATUS[err.status_code]
    return next(MEANINGS[parent] for parent in type(err).__mro__ if parent in MEANINGS)


def translate(err: openai.OpenAIError, *, model: str) -> NoReturn:
    """Raise ``err`` as one of ours.

    Raises:
        UpstreamUnavailable: Nothing was drafted; trying again may help.
        Misconfigured: Trying again cannot help; the message says what may.
        PlanRejected: The provider will not read so much, or not this.
    """
    raised, advice = meaning_of(err)
    said = " ".join(_said(err).split())[:_MAX_SAID_CHARACTERS]
    message = f"asking {model} for a plan failed ({type(err).__name__}: {said}); {advice}"
    if raised is DrafterBusy:
        headers = err.response.headers if isinstance(err, openai.APIStatusError) else {}
        raise DrafterBusy(message, retry_after_seconds=asked_wait(headers)) from err
    raise raised(message) from err


def _said(err: openai.OpenAIError) -> str:
    # Never the body or the request: they hold whatever a proxy put there, and our headers.
    said = ""
    if isinstance(err, openai.APIStatusError):
        body = err.body if isinstance(err.body, dict) else {}
        return f"HTTP {err.status_code}, {body.get('message') or err.code or 'no details'}"
    if isinstance(err, openai.APIError):
        said = err.message
    return said or "no details"
