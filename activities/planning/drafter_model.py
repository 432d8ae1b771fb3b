"""Drafter that asks a language model, whoever's it is: it proposes, or says what is missing."""

from typing import Final

from activities.planning.ports import (
    DraftAsk,
    LanguageModel,
    Meter,
    ModelVendor,
    Question,
    Tool,
    UnreadableAnswer,
    UnreadableDraft,
)
from activities.planning.prompt import RULES, question
from activities.planning.proposal import (
    Missing,
    Proposal,
    read_draft,
    read_missing,
    read_understanding,
)
from domain.drafting import Drafted
from domain.errors import RequestNotServable

REPAIRS: Final = 2
"""What the compiler's reasons do not mend in two rounds, they will not mend in three."""

PROPOSE: Final = Tool("propose_plan", Proposal)
DECLINE: Final = Tool("cannot_serve", Missing)

_MAX_MISSING_CHARACTERS: Final = 400


class ModelDrafter:
    """One model for one request; what it answers is data until the compiler has seen it."""

    def __init__(self, model: LanguageModel, meter: Meter) -> None:
        self._model = model
        self._meter = meter

    @property
    def name(self) -> ModelVendor:
        """Who drafted."""
        return self._model.name

    @property
    def label(self) -> str:
        """The model by its own name."""
        return self._model.label

    @property
    def repairs(self) -> int:
        """Two: a model does learn from the compiler's reasons."""
        return REPAIRS

    async def draft(self, ask: DraftAsk) -> Drafted:
        """Ask once; see the port for what may be raised."""
        asked = Question(RULES, (PROPOSE, DECLINE), question(ask))
        try:
            call = await self._model.ask(asked, meter=self._meter)
            if call.tool == DECLINE.name:
                missing = read_missing(call.given)[:_MAX_MISSING_CHARACTERS]
                raise RequestNotServable(f"the planner found no plan: {missing}")
            draft = read_draft(call.given, shortlist=ask.shortlist, budget=ask.budget)
            understood = read_understanding(call.given)
        except UnreadableAnswer as err:
            raise UnreadableDraft(str(err)) from err
        return Drafted(draft=draft, drafter=self.name, understood=understood)
