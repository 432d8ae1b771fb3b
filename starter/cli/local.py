"""Commands about the local stack: up, down, demo, doctor."""

import json as jsonlib
from typing import Annotated, Final

import typer
from rich.text import Text

from starter import journey, stack
from starter.boundary import write_json
from starter.cli.options import Json, Out, State
from starter.finishing import hint
from starter.session import Session, open_session
from starter.stack import StackInfo, StackOptions, StackProgress
from starter.tables import facts
from starter.wording import duration, plain

EXAMPLE: Final = "Analyze the last 30 days of Solana DEX volume and create a trend report"
EXAMPLE_BUDGET: Final = "5.00"

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port; any free one for 0.")]


def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once it works; it runs on by itself.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget earlier runs, chain and ledger first.")
    ] = False,
    temporal_port: Port = None,
    ui_port: Port = None,
    solana_port: Port = None,
    evm_port: Port = None,
    facilitator_port: Port = None,
    services_port: Port = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Start the local stack: Temporal, Solana, facilitator, services, worker."""
    session = open_session(state=state, json=json)
    options = StackOptions(
        fresh=fresh,
        temporal_port=temporal_port,
        ui_port=ui_port,
        solana_port=solana_port,
        evm_port=evm_port,
        facilitator_port=facilitator_port,
        services_port=services_port,
    )
    folder = session.settings.state_dir
    progress = _Progress(session)
    if detach:
        _announce(session, stack.start_detached(folder, options, progress.heard))
        hint(session, "It runs on by itself; `caravan down` ends it.")
        return 0
    return stack.run_in_foreground(
        folder,
        options,
        on_ready=lambda info: _announce(session, info, foreground=True),
        on_progress=progress.heard,
    )


def down(json: Json = False, state: State = None) -> int:
    """End the local stack; runs, chain and ledger are kept for the next `caravan up`."""
    session = open_session(state=state, json=json)
    stopped = stack.stop(session.settings.state_dir)
    if json:
        write_json(jsonlib.dumps({"stopped": stopped}), session.out)
    else:
        folder = session.settings.state_dir
        words = f"The stack in {folder} has ended." if stopped else f"No stack runs in {folder}."
        session.show(Text(words))
    return 0


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running.")] = False,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Start the stack, buy one example report, show the receipts, stop what was started."""
    session = open_session(state=state, json=json)
    started = session.stack is None
    if started:
        progress = _Progress(session)
        stack.start_detached(session.settings.state_dir, _options(session), progress.heard)
        session = open_session(state=state, json=json)
    try:
        hint(session, f'caravan run "{EXAMPLE}" --budget {EXAMPLE_BUDGET} --yes')
        request = journey.new_request(session, EXAMPLE, EXAMPLE_BUDGET)
        code = journey.pursue(session, request, journey.Wishes(yes=True, out=out))
        _where_to_look(session, kept=keep or not started)
        return code
    finally:
        if started and not keep:
            stack.stop(session.settings.state_dir)


def _options(session: Session) -> StackOptions:
    """The usual ports where they are free: a demonstration must not fail for a busy one."""
    # Loaded here: no other command of this module needs what it brings.
    from starter.doctor import check_ports  # noqa: PLC0415

    taken = [check.name for check in check_ports() if not check.ok]
    if not taken:
        return StackOptions()
    names = ", ".join(name.removeprefix("port_") for name in taken)
    hint(session, f"Usual ports are taken ({names}); the stack listens on free ones instead.")
    return StackOptions(
        temporal_port=0,
        ui_port=0,
        solana_port=0,
        evm_port=0,
        facilitator_port=0,
        services_port=0,
    )


class _Progress:
    """Says what starts, a line each; the name of a part comes once it works."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def heard(self, notice: StackProgress) -> None:
        if notice.event == "starting":
            return
        detail = f": {notice.detail}" if notice.detail else ""
        took = f" after {duration(notice.seconds)}" if notice.seconds else ""
        hint(self._session, plain(f"  {notice.part} {notice.event}{took}{detail}"))


def _announce(session: Session, info: StackInfo, *, foreground: bool = False) -> None:
    if session.json:
        write_json(info.model_dump_json(indent=2), session.out)
        return
    lines = [
        ("Temporal", info.temporal.address),
        ("Web UI", info.temporal.ui_url),
        ("Solana", info.solana.rpc_url),
        *([("EVM", info.evm.rpc_url)] if info.evm else []),
        ("facilitator", info.facilitator.url),
        *((f"service {service.name}", service.url) for service in info.services),
        ("wallet", info.wallets.payer.solana),
        *([("EVM wallet", info.wallets.payer.evm)] if info.wallets.payer.evm else []),
        ("state", str(info.state_dir)),
    ]
    session.show(facts(lines))
    hint(session, f'Try: caravan run "{EXAMPLE}" --budget {EXAMPLE_BUDGET}')
    if foreground:
        hint(session, "Ctrl-C ends the stack; runs are kept for the next `caravan up`.")


def _where_to_look(session: Session, *, kept: bool) -> None:
    if kept:
        hint(session, "Proofs again from the chain: caravan receipts last --verify")
        hint(session, "All runs: caravan list. The stack runs on: caravan down ends it.")
    else:
        hint(session, "The stack ends now; runs are kept: caravan up --detach, caravan list.")
