"""How a plan came about, and what planning cost beside what sellers are paid."""

from typing import Final

from domain.intent import Intent
from domain.runs import OVERHEAD_TARGET_MICRO_USD, Planning, RunReport
from starter.wording import duration

_MICRO: Final = 1_000_000

_MEMORY: Final = {
    "hit": "; an earlier plan of yours serves again",
    "miss": "; no earlier plan of yours serves",
    "off": "",
}


def planned_by(report: RunReport) -> str:
    """Who made the plan."""
    if report.drafter is None:
        if report.retry_of:
            return f"taken over from {report.retry_of}"
        return "not said" if report.planning else "a template, or nobody yet"
    words = {"consensus": "several, by vote", "remembered": "an earlier run of yours"}
    return words.get(report.drafter, f"{report.drafter} planner")


def planning_facts(report: RunReport) -> list[tuple[str, str]]:
    """Lines on how the request was understood, searched for and drafted."""
    planning = report.planning
    lines: list[tuple[str, str]] = []
    if planning is not None:
        if planning.intent is not None:
            lines.append(("understood as", _understood(planning.intent)))
        lines.append(("planning", _worked(planning)))
        lines += [("note", note) for note in planning.notes]
        if planning.record is not None:
            lines.append(("votes on record", planning.record.digest))
    lines.append(("planning cost", overhead_words(report)))
    return lines


def overhead_words(report: RunReport) -> str:
    """Tokens and dollars of the language models, against what they may cost."""
    usage, target = report.usage, OVERHEAD_TARGET_MICRO_USD
    if not (usage.input_tokens or usage.output_tokens):
        return "no language model was asked"
    said = (
        f"{usage.cost_micro_usd / _MICRO:.4f} USD for {usage.input_tokens:,} tokens read and "
        f"{usage.output_tokens:,} written"
    )
    if usage.cost_micro_usd > target:
        return f"{said}: MORE than the {target / _MICRO:.2f} USD it should cost"
    return f"{said}, of at most {target / _MICRO:.2f} USD"


def _understood(intent: Intent) -> str:
    said = f"{intent.kind}: {'; '.join(intent.goals)}"
    if intent.format:
        said += f" (as {intent.format})"
    return said + (f" ({intent.deadline})" if intent.deadline else "")


def _worked(planning: Planning) -> str:
    services = f"{planning.candidates} services considered, {planning.refused} refused"
    return f"{duration(planning.seconds)}, {services}{_MEMORY[planning.memory]}"
