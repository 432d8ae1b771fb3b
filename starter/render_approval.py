"""The approval document: everything that a decision binds, as a person reads it."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.approval import ApprovalRequest, BudgetRequest
from domain.catalogue import Offer
from domain.money import Amount
from domain.plan import PaidStep, Plan
from domain.policy import Caps
from domain.runs import RunSnapshot
from starter.tables import facts, grid
from starter.wording import moment, network_words, plain, said, short

_DIGEST_SHOWN = 12


def must_see(request: ApprovalRequest) -> Iterator[RenderableType]:
    """What goes before everything else: what is held for a person, and what changed."""
    if request.holds:
        yield _listed("A person must look at this first:", request.holds, style="bold yellow")
    if request.changes:
        heading = f"Changed since it was approved (asked for the {_nth(request.round)} time):"
        yield _listed(heading, request.changes, style="bold")


def terms_table(plan: Plan) -> Table:
    """Who would be paid what, where and how: one row a service, fallbacks below their choice."""
    columns = ("pays for", "service", "asks", "by", "paid to")
    table = grid(*columns, right={"asks"})
    for step in plan.steps:
        if not isinstance(step, PaidStep):
            continue
        for place, offer in enumerate(plan.offers_for(step)):
            table.add_row(
                said(step.id if place == 0 else "  or else", "bold" if place == 0 else "dim"),
                said(offer.name),
                Text(str(_price(offer, plan)) if offer.terms else "free"),
                Text(_way(offer)),
                Text(short(offer.terms.pay_to) if offer.terms else "-"),
            )
    return table


def limits_of(request: ApprovalRequest) -> list[tuple[str, str]]:
    """What holds whatever happens."""
    lines = [
        ("paid from", request.wallet),
        ("at most", f"{request.cap}, whatever happens"),
        ("may be lost", _losses(request.loss_allowance)),
    ]
    caps = _caps(request.policy.caps)
    lines += [("policy cap", words) for words in caps or ["none besides this run's own"]]
    if request.approvals_needed > 1:
        above = request.policy.two_approvals_above
        lines.append(("approvals", f"{request.approvals_needed} people, as it is above {above}"))
    lines.append(("approval", f"{request.digest[:_DIGEST_SHOWN]} (the document's digest)"))
    lines.append(("decide until", moment(request.expires_at)))
    return lines


def new_payees(request: ApprovalRequest) -> RenderableType | None:
    """Who would be paid for the first time."""
    if not request.new_payees:
        return None
    return _listed("New payees:", request.new_payees, style="bold")


def budget_page(request: BudgetRequest) -> RenderableType:
    """What a run needs besides its budget."""
    lines = [
        ("budget", str(request.budget)),
        ("needed", f"at least {request.needed}"),
        ("allowed here", f"at most {request.maximum}"),
        ("answer until", moment(request.expires_at)),
    ]
    heading = Text("It needs a larger budget", style="bold yellow")
    return Group(heading, Text(plain(request.why)), facts(lines))


def signatures_table(snapshot: RunSnapshot) -> Table:
    """What waits for the person's own wallet."""
    table = grid("payment", "service", "amount", "to", right={"amount"}, names={"to"})
    table.title = "Waits for your wallet's signature"
    for wanted in snapshot.signature_requests:
        table.add_row(
            Text(wanted.key[:_DIGEST_SHOWN]),
            said(wanted.listing_id),
            Text(str(wanted.amount)),
            Text(f"{short(wanted.pay_to)}\n{network_words(wanted.amount.asset.network)}"),
        )
    return table


def _listed(heading: str, entries: Sequence[str], *, style: str) -> RenderableType:
    return Group(Text(heading, style=style), *(Text(f"  - {plain(entry)}") for entry in entries))


def _price(offer: Offer, plan: Plan) -> Amount:
    return offer.terms.amount if offer.terms else Amount.zero(plan.asset)


def _way(offer: Offer) -> str:
    if offer.terms is None:
        return "-"
    return f"{plain(offer.terms.scheme)}, {network_words(plain(offer.terms.network))}"


def _losses(allowance: Amount) -> str:
    if allowance.base_units == 0:
        return "nothing: money taken for nothing ends the run"
    return f"{allowance}, on services that take money for nothing"


def _caps(caps: Caps) -> list[str]:
    words = {
        "payment": "a payment",
        "step": "a step",
        "run": "a run",
        "service_per_day": "a service and day",
        "host_per_day": "a host and day",
        "day": "a day",
    }
    found = [f"{amount} {word}" for name, word in words.items() if (amount := getattr(caps, name))]
    if caps.window is not None:
        found.append(f"{caps.window.amount} in any {caps.window.seconds} s")
    return found


def _nth(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number, "th")  # never asked more than a few times
    return f"{number}{ending}"
