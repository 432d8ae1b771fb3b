"""Commands that prove what was paid: receipts, verify."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from domain.bookkeeping import RecordsAudited
from domain.chains import Family
from domain.errors import RequestRejected
from domain.ids import PaymentKey
from domain.payments import Receipt
from domain.receipts import ReceiptBook
from starter.asking import verify_receipts
from starter.bookkeeping import audit, export_receipts
from starter.boundary import Problem, tell, write_json
from starter.cli.options import Json, State
from starter.document_lists import ReceiptList
from starter.document_money import AuditDocument, CheckedBook
from starter.exits import ExitCode
from starter.exporting import check_target, write_book
from starter.finding import Runs
from starter.finishing import hint
from starter.receipts import Collected, receipts_of_run, receipts_of_runs
from starter.render_lists import receipts_page
from starter.render_money import audit_page, checked_page
from starter.requests import Requests
from starter.session import Session, console, open_session
from starter.verifying.book import read_book

_RUNS_WITH_RECEIPTS: Final = 50
"""Runs whose receipts are shown when none is named."""


@dataclass(frozen=True)
class _Proofs:
    """What was read, and what was asked of chain and ledger."""

    found: Collected
    proven: frozenset[PaymentKey] | None = None
    audited: RecordsAudited | None = None
    book: ReceiptBook | None = None


def receipts(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run; the newest runs without it.")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Read the chain again, and compare it with ledger and history."
        ),
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help="Write the book of receipts: .json can be checked by anybody, .csv opens in a "
            "spreadsheet.",
        ),
    ] = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Show what the chain proves about payments."""
    session = open_session(state=state, json=json)
    if export is not None:
        check_target(export)
    proofs = asyncio.run(_receipts(session, run, verify=verify, export=export is not None))
    if json:
        listed = ReceiptList.of(proofs.found, proofs.proven)
        found = AuditDocument.of(proofs.audited) if proofs.audited else None
        document = listed.model_copy(update={"audit": found})
        write_json(document.model_dump_json(indent=2), session.out)
    else:
        shown = [receipt for _, receipt in proofs.found.receipts]
        session.show(receipts_page(shown, proofs.proven))
        if proofs.audited is not None:
            session.show(audit_page(proofs.audited))
    if export is not None and proofs.book is not None:
        write_book(proofs.book, export)
        hint(session, f"{len(proofs.book.lines)} receipts are in {export}")
    return _verdict(session, proofs)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported book of receipts.")],
    rpc_url: Annotated[
        str | None, typer.Option("--rpc-url", metavar="URL", help="A Solana node you trust.")
    ] = None,
    evm_rpc_url: Annotated[
        str | None, typer.Option("--evm-rpc-url", metavar="URL", help="An EVM node you trust.")
    ] = None,
    json: Json = False,
) -> int:
    """Check a book of receipts with nothing but the file and a node; needs no stack."""
    # Loaded here: no other command asks chains by itself.
    from starter.verifying.checking import check_book  # noqa: PLC0415
    from starter.verifying.node import Node, nodes  # noqa: PLC0415

    if rpc_url is None and evm_rpc_url is None:
        raise RequestRejected("name a node with --rpc-url or --evm-rpc-url")
    book = read_book(file)
    with nodes() as http:
        named = {Family.SVM: rpc_url, Family.EVM: evm_rpc_url}
        checked = check_book(
            book, {family: Node(http, url) for family, url in named.items() if url is not None}
        )
    if json:
        write_json(CheckedBook.of(checked).model_dump_json(indent=2), console())
    else:
        console().print(checked_page(checked), crop=False)
    return ExitCode.DONE if checked.ok else ExitCode.MONEY_OPEN


async def _receipts(session: Session, name: str | None, *, verify: bool, export: bool) -> _Proofs:
    client = await session.connect()
    runs, requests = Runs(client, session.settings.state_dir), Requests(client)
    run = None if name is None else await runs.find(name)
    if run is not None:
        found = await receipts_of_run(requests, run)
    else:
        found = await receipts_of_runs(requests, await runs.newest(_RUNS_WITH_RECEIPTS))
    proven, audited = None, None
    if verify:
        paid = tuple(receipt for _, receipt in found.receipts)
        proven = frozenset((await verify_receipts(client, paid)).proven) if paid else frozenset()
        history = [receipt.key for receipt in paid] if run is not None else []
        audited = await audit(client, run=run, history=history)
    book = await export_receipts(client, run=run) if export else None
    return _Proofs(found=found, proven=proven, audited=audited, book=book)


def _verdict(session: Session, proofs: _Proofs) -> int:
    problems: list[Problem] = []
    found, proven = proofs.found, proofs.proven
    if found.unreadable:
        problems.append(_unreadable(found))
    missing = [one for _, one in found.receipts if proven is not None and one.key not in proven]
    total = len(found.receipts)
    if missing:
        problems.append(_unproven(missing, total))
    elif proven is not None:
        hint(session, f"The chain proves {total} of {total} receipts.")
    if proofs.audited is not None and proofs.audited.mismatches:
        problems.append(_disagreeing(proofs.audited))
    for problem in problems:
        tell(problem, session.notes)
    return max((problem.exit_code for problem in problems), default=ExitCode.DONE)


def _disagreeing(audited: RecordsAudited) -> Problem:
    first = audited.mismatches[0]
    return Problem(
        "records_disagree",
        f"ledger, history and chain disagree in {len(audited.mismatches)} places; the first: "
        f"{first.message}",
        "`caravan payments --parked` shows what waits for an operator; nothing more is paid for "
        "it meanwhile.",
        ExitCode.MONEY_OPEN,
    )


def _unproven(missing: list[Receipt], total: int) -> Problem:
    names = ", ".join(receipt.step_id for receipt in missing)
    return Problem(
        "receipts_not_proven",
        f"the chain does not prove {len(missing)} of {total} receipts: {names}",
        "Check that the worker's RPC settings name the chain that was paid on, and ask again.",
        ExitCode.MONEY_OPEN,
    )


def _unreadable(found: Collected) -> Problem:
    run, why = found.unreadable[0]
    return Problem(
        "runs_unreadable",
        f"{len(found.unreadable)} runs could not be read, so their receipts are missing here; "
        f"the first is {run}: {why}",
        f"`caravan receipts {run}` asks for it alone.",
        ExitCode.FAILED,
    )
