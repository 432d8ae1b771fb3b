"""What the tests of model drafters ask, and what a good model answers."""

from typing import Any

from activities.planning.ports import DraftAsk
from activities.planning.proposal import write_proposal
from domain.drafting import Shortlist
from tests.activities.planning.shortlists import shortlist
from tests.fakes.builders import draft, listing, usdc

GOOD = draft()
SECRET = "sk-ant-never-in-a-message"


def proposal(of: Any = GOOD, **changes: Any) -> dict[str, Any]:
    """The tool input that proposes a draft, with its first step changed."""
    written = write_proposal(of).model_dump(mode="json")
    written["steps"][0] |= changes
    return written


def ask(found: Shortlist | None = None) -> DraftAsk:
    return DraftAsk(
        text="the weather in Oslo",
        budget=usdc("1.00"),
        shortlist=found or shortlist(listing()),
    )
