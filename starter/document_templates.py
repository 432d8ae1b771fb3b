"""The JSON documents of templates and schedules."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.ids import Digest, RequestId, StepId
from domain.plan import PaidStep, dependencies
from domain.templates import Template
from starter.recurring import Recurring


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class ParameterEntry(Frozen):
    """One value that may change."""

    name: str
    places: tuple[str, ...]
    default: JsonValue


class TemplateStep(Frozen):
    """One step of a template."""

    id: StepId
    kind: str
    title: str
    service: str | None
    depends_on: tuple[StepId, ...]
    last_price: str


class TemplateDocument(Frozen):
    """A template. Amounts are decimal strings in whole tokens of ``asset``."""

    name: str
    digest: Digest
    request: str
    asset: str
    network: str
    budget: str
    last_cost: str
    """What the plan cost when it was saved; a run reads the prices anew."""
    steps: tuple[TemplateStep, ...]
    parameters: tuple[ParameterEntry, ...]
    saved_from: RequestId
    saved_at: datetime

    @classmethod
    def of(cls, template: Template) -> Self:
        """Describe a template."""
        plan = template.plan
        return cls(
            name=template.name,
            digest=template.digest,
            request=template.text,
            asset=plan.asset.symbol,
            network=plan.asset.network,
            budget=template.budget.to_decimal(),
            last_cost=plan.estimated_cost.to_decimal(),
            steps=tuple(
                TemplateStep(
                    id=step.id,
                    kind=step.kind,
                    title=step.title,
                    service=plan.offer(step.service).name if isinstance(step, PaidStep) else None,
                    depends_on=dependencies(step),
                    last_price=plan.estimated_cost_of(step).to_decimal(),
                )
                for step in plan.steps
            ),
            parameters=tuple(
                ParameterEntry(
                    name=one.name,
                    places=tuple(str(place) for place in one.places),
                    default=one.default,
                )
                for one in template.parameters
            ),
            saved_from=template.saved_from,
            saved_at=template.saved_at,
        )


class TemplateList(Frozen):
    """Every template, by name."""

    templates: tuple[TemplateDocument, ...]

    @classmethod
    def of(cls, templates: Iterable[Template]) -> Self:
        """Describe templates."""
        return cls(templates=tuple(TemplateDocument.of(one) for one in templates))


class ScheduleEntry(Frozen):
    """One schedule."""

    name: str
    request: str
    cap: str
    asset: str
    plan_digest: Digest | None
    when: str
    paused: bool
    runs: int
    last_run: RequestId | None
    last_at: datetime | None
    next_at: datetime | None

    @classmethod
    def of(cls, one: Recurring) -> Self:
        """Describe a schedule."""
        return cls(
            name=one.name,
            request=one.text,
            cap=one.cap.to_decimal(),
            asset=one.cap.asset.symbol,
            plan_digest=one.plan_digest,
            when=one.when,
            paused=one.paused,
            runs=one.runs,
            last_run=one.last_run,
            last_at=one.last_at,
            next_at=one.next_at,
        )


class ScheduleList(Frozen):
    """Every schedule, by name."""

    schedules: tuple[ScheduleEntry, ...]

    @classmethod
    def of(cls, found: Iterable[Recurring]) -> Self:
        """Describe schedules."""
        return cls(schedules=tuple(ScheduleEntry.of(one) for one in found))
