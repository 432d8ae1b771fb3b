"""Templates and schedules as a person reads them."""

import json
from collections.abc import Sequence

from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.text import Text

from domain.plan import PaidStep, dependencies
from domain.templates import Template
from starter.recurring import Recurring
from starter.tables import facts, grid
from starter.wording import moment, said

_SHOWN_CHARACTERS = 60


def templates_table(templates: Sequence[Template]) -> RenderableType:
    """One row a template."""
    if not templates:
        return Text("No templates yet. Save a completed run: caravan template save NAME RUN")
    table = grid("template", "request", "last cost", "parameters", "saved", right={"last cost"})
    for one in templates:
        table.add_row(
            said(one.name, "bold"),
            said(_short(one.text)),
            Text(str(one.plan.estimated_cost)),
            said(", ".join(parameter.name for parameter in one.parameters) or "-"),
            Text(moment(one.saved_at)),
        )
    return table


def template_page(template: Template) -> RenderableType:
    """A template with its steps and what may change."""
    plan = template.plan
    steps = grid("step", "service", "last price", "after", right={"last price"})
    for step in plan.steps:
        service, price = f"({step.kind.replace('_', ' ')})", "-"
        if isinstance(step, PaidStep):
            service, price = plan.offer(step.service).name, str(plan.estimated_cost_of(step))
        steps.add_row(
            said(step.id, "bold"),
            said(service),
            Text(price),
            said(", ".join(dependencies(step)) or "-"),
        )
    parts: list[RenderableType] = [
        Text.assemble(("Template ", "bold"), said(template.name, "bold")),
        facts(
            [
                ("request", template.text),
                ("saved from", template.saved_from),
                ("last cost", f"{plan.estimated_cost}; a run reads the prices anew"),
                ("budget", str(template.budget)),
                ("digest", template.digest[:12]),
            ]
        ),
        steps,
    ]
    if template.parameters:
        table = grid("parameter", "goes to", "value now")
        for one in template.parameters:
            places = ", ".join(str(place) for place in one.places)
            table.add_row(said(one.name, "bold"), said(places), said(_value(one.default)))
        parts.append(table)
    return Group(*parts)


def schedules_table(found: Sequence[Recurring]) -> RenderableType:
    """One row a schedule."""
    if not found:
        return Text(
            "No schedules yet. Make one: caravan schedule create NAME --template NAME --every 1d"
        )
    table = grid(*("schedule", "runs", "request", "at most", "last", "next"), right={"at most"})
    for one in found:
        table.add_row(
            said(one.name, "bold"),
            said(one.when),
            said(_short(one.text)),
            Text(str(one.cap)),
            Text(moment(one.last_at) if one.last_at else "never"),
            Text("paused", style="yellow")
            if one.paused
            else Text(moment(one.next_at) if one.next_at else "never"),
        )
    return table


def _value(value: JsonValue) -> str:
    return _short(value if isinstance(value, str) else json.dumps(value))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 1] + "…"
