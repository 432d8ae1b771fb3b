"""A plan: a directed acyclic graph of steps, as data, with the digest that an approval names."""

import operator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.catalogue import Offer, UndoAction
from domain.ids import CanonicalJson, Digest, ListingId, StepId, digest_model
from domain.limits import MAX_ALTERNATES, MAX_MAP_ITEMS
from domain.money import Amount, Asset


class Frozen(BaseModel):
    """Base of the immutable models of this module. Unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _can_be_stored(self) -> Self:
        # Half a character passes as text until it is encoded, which may be after a payment.
        self.model_dump_json()
        return self


class Value(Frozen):
    """An argument fixed in the plan."""

    kind: Literal["value"] = "value"
    value: CanonicalJson


class Output(Frozen):
    """An argument taken from what another step produced."""

    kind: Literal["output"] = "output"
    step: StepId
    path: str | None = None
    """JMESPath into the output; the whole output without it."""


class Item(Frozen):
    """An argument taken from the current item of a ``map`` step."""

    kind: Literal["item"] = "item"
    path: str | None = None


Binding = Annotated[Value | Output | Item, Field(discriminator="kind")]
"""Where an argument comes from."""


class Undo(Frozen):
    """What will be done to undo a paid step, said before approval."""

    action: UndoAction
    note: str


class Gate(Frozen):
    """Runs a step only when a ``conditional`` step decided so."""

    step: StepId
    outcome: bool


class Adaptation(Frozen):
    """Under which names one service does what a step was written for with another."""

    service: ListingId
    inputs: dict[str, str] = {}
    """Name in the step, name at the service; those that differ."""
    outputs: dict[str, str] = {}
    """Name that the rest of the plan uses, name in what the service delivers."""


class _Step(Frozen):
    id: StepId
    title: str
    after: tuple[StepId, ...] = ()
    """Steps that must have ended well before this one, besides those it takes data from."""
    when: Gate | None = None


class ServiceCall(_Step):
    """Buy one call of a service."""

    kind: Literal["service_call"] = "service_call"
    service: ListingId
    alternates: tuple[ListingId, ...] = Field(default=(), max_length=MAX_ALTERNATES)
    """Fallbacks, best first, usable without a new approval."""
    arguments: dict[str, Binding]
    undo: Undo | None = None
    """Missing only in drafts; the compiler insists."""
    adaptations: tuple[Adaptation, ...] = Field(default=(), exclude_if=operator.not_)
    """Found by the compiler for services that use other names. Left out where there are none, so
    that plans made before keep their digests."""


class DataTransform(_Step):
    """Reshape earlier outputs with a JMESPath expression over the bound inputs."""

    kind: Literal["data_transform"] = "data_transform"
    inputs: dict[str, Binding]
    expression: str


class Conditional(_Step):
    """Decide, by a JMESPath expression's truth, which gated steps run."""

    kind: Literal["conditional"] = "conditional"
    inputs: dict[str, Binding]
    expression: str


class MapStep(_Step):
    """Buy one call for each item of a list; the output is the list of their outputs."""

    kind: Literal["map"] = "map"
    over: Output
    service: ListingId
    alternates: tuple[ListingId, ...] = Field(default=(), max_length=MAX_ALTERNATES)
    arguments: dict[str, Binding]
    max_items: int = Field(ge=1, le=MAX_MAP_ITEMS)
    max_parallel: int = Field(default=4, ge=1, le=16)
    undo: Undo | None = None
    adaptations: tuple[Adaptation, ...] = Field(default=(), exclude_if=operator.not_)


Step = Annotated[ServiceCall | DataTransform | Conditional | MapStep, Field(discriminator="kind")]
"""One node of a plan."""

PaidStep = ServiceCall | MapStep
"""Steps that buy."""


class Plan(Frozen):
    """A compiled plan: every reference resolved, every service offered with its terms."""

    version: Literal[1] = 1
    request: str
    asset: Asset
    """What everything in the plan is priced in."""
    steps: tuple[Step, ...]
    offers: tuple[Offer, ...]
    """Chosen and fallback services, sorted by listing id."""

    @property
    def digest(self) -> Digest:
        """SHA-256 over the canonical JSON of the whole plan, offers and terms included."""
        return digest_model(self)

    def step(self, step_id: StepId) -> Step:
        """The step named ``step_id``; it must exist."""
        return next(step for step in self.steps if step.id == step_id)

    def offer(self, listing_id: ListingId) -> Offer:
        """The offer of ``listing_id``; it must exist."""
        return next(offer for offer in self.offers if offer.listing_id == listing_id)

    def offers_for(self, step: PaidStep) -> tuple[Offer, ...]:
        """The approved services for ``step``: the chosen one first, then its fallbacks."""
        return tuple(self.offer(listing) for listing in (step.service, *step.alternates))

    def estimated_cost_of(self, step: Step) -> Amount:
        """Price of ``step`` at its chosen service; a ``map`` at its largest size."""
        if not isinstance(step, PaidStep):
            return Amount.zero(self.asset)
        return self._price(self.offer(step.service)) * _calls(step)

    def maximum_cost_of(self, step: Step) -> Amount:
        """Price of ``step`` at the dearest service approved for it."""
        if not isinstance(step, PaidStep):
            return Amount.zero(self.asset)
        dearest = max(self.offers_for(step), key=lambda offer: self._price(offer).base_units)
        return self._price(dearest) * _calls(step)

    @property
    def estimated_cost(self) -> Amount:
        """Sum of the steps at their chosen services."""
        return sum((self.estimated_cost_of(step) for step in self.steps), Amount.zero(self.asset))

    def _price(self, offer: Offer) -> Amount:
        # USDC is USDC on every chain: one budget covers them all.
        return offer.terms.amount.valued_in(self.asset) if offer.terms else Amount.zero(self.asset)


def _calls(step: PaidStep) -> int:
    return step.max_items if isinstance(step, MapStep) else 1


def bindings_of(step: Step) -> dict[str, Binding]:
    """Every named input of ``step``, a ``map``'s list included as ``over``."""
    if isinstance(step, MapStep):
        return {"over": step.over, **step.arguments}
    return step.arguments if isinstance(step, ServiceCall) else step.inputs


def dependencies(step: Step) -> tuple[StepId, ...]:
    """Steps whose end ``step`` waits for: its data, its order and its gate, sorted."""
    found = set(step.after)
    found.update(binding.step for binding in bindings_of(step).values() if binding.kind == "output")
    if step.when is not None:
        found.add(step.when.step)
    return tuple(sorted(found))


def adaptation_of(step: PaidStep, service: ListingId | None) -> Adaptation:
    """Under which names ``service`` does what ``step`` asks; the same names where none differ."""
    for adaptation in step.adaptations:
        if adaptation.service == service:
            return adaptation
    return Adaptation(service=service or step.service)
