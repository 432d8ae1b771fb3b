"""What an installation may spend, on whom and how fast: rules as data, with their digest.

Caps are worst case: what is reserved counts until the chain proves that it did not move.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.catalogue import Terms
from domain.chains import BASE_MAINNET, USDC_DEVNET, canonical_address, family_of
from domain.ids import Digest, digest_model
from domain.limits import MAX_TIMEOUT_SECONDS
from domain.money import Amount, Asset


def _is_amount(text: str) -> str:
    Amount.from_decimal(text, USDC_DEVNET)
    return text


Decimal = Annotated[str, AfterValidator(_is_amount)]
"""Whole USDC in plain decimal notation, such as ``"2.50"``."""

_HOST: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|[0-9A-Fa-f:]+")


def _is_host(text: str) -> str:
    # A rule that can match nothing would forbid nothing, and nobody would notice.
    if _HOST.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a host; write it like example.com")
    return text


def _is_network(text: str) -> str:
    if family_of(text) is None or not text.partition(":")[2]:
        raise ValueError(f"{text!r} is not a network's CAIP-2 id; write it like {BASE_MAINNET}")
    return text


Host = Annotated[str, AfterValidator(_is_host)]
"""A host as in a URL: no scheme, no wildcard; names of other scripts in their ``xn--`` form."""

Network = Annotated[str, AfterValidator(_is_network)]
"""A CAIP-2 id."""


class Strict(BaseModel):
    """Base of the immutable models of this module. Unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(Strict):
    """A cap over the time just past."""

    seconds: int = Field(ge=1, le=90 * 24 * 3600)
    amount: Decimal


class Caps(Strict):
    """Most that may be spent, each missing one being no limit of its own."""

    payment: Decimal | None = None
    step: Decimal | None = None
    run: Decimal | None = None
    service_per_day: Decimal | None = None
    host_per_day: Decimal | None = None
    day: Decimal | None = None
    """Since midnight, UTC."""
    window: Window | None = None


class Names(Strict):
    """Hosts, payees, networks and assets, by name. An empty list says nothing."""

    hosts: tuple[Host, ...] = ()
    """``example.com`` also names everything below it."""
    pay_to: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    assets: tuple[str, ...] = ()
    """Mints or contracts."""


class SpendPolicy(Strict):
    """The rules of one installation. Its digest stands in every approval."""

    version: Literal[1] = 1
    caps: Caps = Caps()
    allow: Names = Names()
    """A list that is not empty admits nothing else."""
    deny: Names = Names()
    """Beats ``allow``."""
    max_timeout_seconds: int = Field(default=MAX_TIMEOUT_SECONDS, ge=1, le=MAX_TIMEOUT_SECONDS)
    """Longest time a signature may stay good for."""
    first_seen_payee: Literal["show", "hold"] = "show"
    """``hold`` asks a person even where a run was told not to ask."""
    changed_payee: Literal["show", "hold", "refuse"] = "hold"
    """A service that was paid elsewhere before."""
    loss_allowance: Decimal = "0.00"
    """Most a run may lose on sellers that took money for nothing and still buy elsewhere."""
    two_approvals_above: Decimal | None = None
    """A cap above this needs two people."""

    @property
    def digest(self) -> Digest:
        """SHA-256 over the canonical JSON of every rule."""
        return digest_model(self)


class CapScope(StrEnum):
    """What a cap adds up."""

    PAYMENT = "payment"
    STEP = "step"
    RUN = "run"
    SERVICE = "service"
    HOST = "host"
    INSTALLATION = "installation"


class Cap(Strict):
    """One limit that a reservation must stay under, together with what it adds up."""

    scope: CapScope
    limit: Amount
    since: datetime | None = None
    """Payments begun earlier do not count."""
    name: str
    """How a person knows it, such as ``2.00 USDC per day``."""


def caps_at(policy: SpendPolicy, *, run_cap: Amount, now: datetime) -> tuple[Cap, ...]:
    """Every limit a purchase must stay under at this moment.

    Args:
        policy: The installation's rules.
        run_cap: Most the approval lets this run spend.
        now: Aware; days begin at midnight of its zone, which is UTC everywhere in Caravan.
    """
    asset, caps = run_cap.asset, policy.caps
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [Cap(scope=CapScope.RUN, limit=run_cap, name=f"the run's approved {run_cap}")]
    wanted: tuple[tuple[str | None, CapScope, datetime | None, str], ...] = (
        (caps.payment, CapScope.PAYMENT, None, "per payment"),
        (caps.step, CapScope.STEP, None, "per step"),
        (caps.run, CapScope.RUN, None, "per run"),
        (caps.service_per_day, CapScope.SERVICE, midnight, "per service and day"),
        (caps.host_per_day, CapScope.HOST, midnight, "per host and day"),
        (caps.day, CapScope.INSTALLATION, midnight, "per day"),
    )
    for text, scope, since, words in wanted:
        if text is not None:
            limit = Amount.from_decimal(text, asset)
            found.append(Cap(scope=scope, limit=limit, since=since, name=f"{limit} {words}"))
    if caps.window is not None:
        limit = Amount.from_decimal(caps.window.amount, asset)
        since = now - timedelta(seconds=caps.window.seconds)
        name = f"{limit} per {_span(caps.window.seconds)}"
        found.append(Cap(scope=CapScope.INSTALLATION, limit=limit, since=since, name=name))
    return tuple(found)


def policy_problem(policy: SpendPolicy, *, url: str, terms: Terms) -> str | None:
    """Say which rule forbids paying ``terms`` for a call of ``url``."""
    host = host_of(url)
    if not host:
        return "the address names no host"
    found = _name_problem(policy, host, terms)
    if found is not None:
        return found
    if terms.max_timeout_seconds > policy.max_timeout_seconds:
        return (
            f"a signature good for {terms.max_timeout_seconds} s is asked, "
            f"the policy allows {policy.max_timeout_seconds} s"
        )
    if policy.caps.payment is not None:
        limit = Amount.from_decimal(policy.caps.payment, terms.amount.asset)
        if terms.amount > limit:
            return f"{terms.amount} is above the policy's {limit} per payment"
    return None


def host_of(url: str) -> str:
    """The host that a call of ``url`` reaches, written the one way that rules compare.

    Empty when there is none. A final dot and the script of a name change nothing of whom it names.
    """
    try:
        host = urlsplit(url).hostname or ""
        plain = host if host.isascii() else host.encode("idna").decode().lower()
    except ValueError:
        return ""
    return plain.removesuffix(".")


def approvals_needed(policy: SpendPolicy, cap: Amount) -> int:
    """How many people must approve a run that may spend ``cap``."""
    if policy.two_approvals_above is None:
        return 1
    return 2 if cap > Amount.from_decimal(policy.two_approvals_above, cap.asset) else 1


def loss_allowance(policy: SpendPolicy, asset: Asset) -> Amount:
    """Most a run may lose and still buy elsewhere, unless its person says otherwise."""
    return Amount.from_decimal(policy.loss_allowance, asset)


def _name_problem(policy: SpendPolicy, host: str, terms: Terms) -> str | None:
    network = terms.network
    for what, value, denied, allowed in (
        ("network", network, policy.deny.networks, policy.allow.networks),
        ("asset", terms.asset, _addresses(policy.deny.assets, network), policy.allow.assets),
        ("payee", terms.pay_to, _addresses(policy.deny.pay_to, network), policy.allow.pay_to),
    ):
        if value in denied:
            return f"the policy forbids {what} {value}"
        if allowed and value not in _addresses(allowed, network):
            return f"{what} {value} is not among those the policy allows"
    if any(_under(host, name) for name in policy.deny.hosts):
        return f"the policy forbids host {host}"
    if policy.allow.hosts and not any(_under(host, name) for name in policy.allow.hosts):
        return f"host {host} is not among those the policy allows"
    return None


def _addresses(names: tuple[str, ...], network: str) -> tuple[str, ...]:
    return tuple(canonical_address(name, network=network) for name in names)


def _under(host: str, name: str) -> bool:
    return host == name.lower() or host.endswith("." + name.lower())


def _span(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return word if count == 1 else f"{count} {word}s"
    return f"{seconds} seconds"
