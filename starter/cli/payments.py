"""Commands about single payments: payments, and below it show, resolve and refund."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import typer
from typer.core import TyperGroup

from domain.bookkeeping import PaymentInspected, PaymentsFound, PaymentView, ResolvePayment
from domain.errors import RequestRejected
from domain.rollback import RefundOutcome
from starter.bookkeeping import inspect_payment, list_payments, refund_payment, resolve_payment
from starter.boundary import write_json
from starter.cli.options import Json, State
from starter.deciding import decider
from starter.document_money import LedgerEntry, PaymentDocument, PaymentList, RefundDocument
from starter.exits import ExitCode
from starter.finding import Runs
from starter.finishing import hint
from starter.render_money import payment_page, payments_list, refund_page
from starter.session import Session, open_session

_LIST: Final = "list"
_HELP: Final = frozenset({"-h", "--help"})

_SHORTEST_KEY: Final = 6
"""Digits with which a payment may be named."""

Key = Annotated[str, typer.Argument(metavar="KEY", help="A payment's key, or the beginning of it.")]
Verdict = Literal["ask_again", "write_off", "accept"]


class ListByDefault(TyperGroup):
    """``caravan payments`` lists; what is not the name of a command is meant for the list."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the framework's
        """Put the list's name where none was written."""
        if not args or (args[0] not in self.commands and args[0] not in _HELP):
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=ListByDefault,
    help="Show payments as the ledger knows them; --unsettled and --parked pick some.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


@app.command(_LIST)
def list_all(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run; all of them without it.")
    ] = None,
    unsettled: Annotated[
        bool, typer.Option("--unsettled", help="Only those that have no ending.")
    ] = False,
    parked: Annotated[
        bool, typer.Option("--parked", help="Only those that wait for an operator.")
    ] = False,
    json: Json = False,
    state: State = None,
) -> int:
    """List payments, newest first; the word `list` may be left out."""
    session = open_session(state=state, json=json)
    found = asyncio.run(_list(session, run, unsettled=unsettled, parked=parked))
    if json:
        entries = tuple(LedgerEntry.of(view) for view in found.payments)
        write_json(PaymentList(payments=entries).model_dump_json(indent=2), session.out)
        return ExitCode.DONE
    session.show(payments_list(found.payments, datetime.now(UTC)))
    waiting = next((view for view in found.payments if view.parked), None)
    if waiting is not None:
        hint(session, f"Look at it: caravan payments show {waiting.key[:12]}")
    return ExitCode.DONE


@app.command("show")
def show(key: Key, json: Json = False, state: State = None) -> int:
    """Show one payment with its journal: every move, and the evidence for it."""
    session = open_session(state=state, json=json)
    found = asyncio.run(_inspect(session, _checked(key)))
    if json:
        write_json(PaymentDocument.of(found).model_dump_json(indent=2), session.out)
        return ExitCode.DONE
    session.show(payment_page(found))
    if found.payment.parked:
        hint(session, f"End it: caravan payments resolve {key} --ask-again --note WHY")
    return ExitCode.DONE


@app.command("resolve")
def resolve(
    key: Key,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; it is recorded.")],
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Take it back into service and ask the chain.")
    ] = False,
    write_off: Annotated[
        bool, typer.Option("--write-off", help="Give up on money that was paid for nothing.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept that the records differ, and go on.")
    ] = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Say what becomes of a parked payment; what happened to money only the chain says."""
    session = open_session(state=state, json=json)
    verdict = _verdict(ask_again=ask_again, write_off=write_off, accept=accept)
    view = asyncio.run(_resolve(session, _checked(key), verdict, note))
    if json:
        write_json(LedgerEntry.of(view).model_dump_json(indent=2), session.out)
    else:
        session.show(payments_list([view], datetime.now(UTC)))
    if view.parked:
        hint(session, f"It is parked again: caravan payments show {view.key[:12]}")
        return ExitCode.MONEY_OPEN
    return ExitCode.DONE


@app.command("refund")
def refund(
    key: Key,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="What the seller is told.")
    ] = "the buyer asks for the money back",
    json: Json = False,
    state: State = None,
) -> int:
    """Claim the money of one payment back; money counts once it is seen on chain."""
    session = open_session(state=state, json=json)
    outcome = asyncio.run(_refund(session, _checked(key), reason))
    if json:
        write_json(RefundDocument.of(outcome).model_dump_json(indent=2), session.out)
    else:
        session.show(refund_page(outcome))
    return ExitCode.DONE if outcome.transaction is not None else ExitCode.FAILED


async def _list(
    session: Session, name: str | None, *, unsettled: bool, parked: bool
) -> PaymentsFound:
    client = await session.connect()
    run = None
    if name is not None:
        run = await Runs(client, session.settings.state_dir).find(name)
    return await list_payments(client, unsettled=unsettled, parked=parked, run=run)


async def _inspect(session: Session, key: str) -> PaymentInspected:
    return await inspect_payment(await session.connect(), key)


async def _resolve(session: Session, key: str, verdict: Verdict, note: str) -> PaymentView:
    client = await session.connect()
    found = await inspect_payment(client, key)
    word = ResolvePayment(
        key=found.payment.key, verdict=verdict, operator=decider(), note=note.strip()[:500]
    )
    return await resolve_payment(client, word)


async def _refund(session: Session, key: str, reason: str) -> RefundOutcome:
    client = await session.connect()
    found = await inspect_payment(client, key)
    hint(session, f"Claiming {found.payment.amount} back; this may take some minutes.")
    return await refund_payment(client, found.payment.key, reason=reason)


def _checked(key: str) -> str:
    """A key, or enough of it that the ledger can tell which.

    Raises:
        RequestRejected: It cannot be one.
    """
    digits = key.strip().lower()
    if len(digits) < _SHORTEST_KEY or set(digits) - set("0123456789abcdef") or len(digits) > 64:  # noqa: PLR2004 - a SHA-256
        raise RequestRejected(
            f"{key[:80]!r} is no payment's key: it has {_SHORTEST_KEY} to 64 hexadecimal digits"
        )
    return digits


def _verdict(*, ask_again: bool, write_off: bool, accept: bool) -> Verdict:
    chosen: list[Verdict] = []
    if ask_again:
        chosen.append("ask_again")
    if write_off:
        chosen.append("write_off")
    if accept:
        chosen.append("accept")
    if len(chosen) != 1:
        raise RequestRejected("choose one of --ask-again, --write-off and --accept")
    return chosen[0]
