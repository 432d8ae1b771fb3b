"""The command that looks at the catalogue: bazaars, what is kept out of them, their tools."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.status import Status

from activities.discovery.refreshing import MAX_SHOWN, CatalogueSeen, LookAtCatalogue
from domain.refreshing import CatalogueRefreshed
from starter.boundary import write_json
from starter.cli.options import Json, State
from starter.document_catalogue import CatalogueDocument
from starter.exits import ExitCode
from starter.finishing import hint
from starter.refreshing import Progress, look_at_catalogue, refresh_catalogue
from starter.render_catalogue import (
    catalogue_page,
    progress_words,
    quarantine_page,
    refreshed_lines,
    tools_page,
)
from starter.session import Session, open_session


def catalogue(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Have every bazaar read again, and wait for it.")
    ] = False,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Show what is kept out, and why.")
    ] = False,
    tools: Annotated[bool, typer.Option("--tools", help="Show the paid MCP tools.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=MAX_SHOWN, help="Items or tools to show.")
    ] = 50,
    json: Json = False,
    state: State = None,
) -> int:
    """Show which bazaars are read, how they stand, and what is kept out of them."""
    session = open_session(state=state, json=json)
    ask = LookAtCatalogue(quarantined=limit if quarantine else 0, tools=limit if tools else 0)
    seen, refreshed = asyncio.run(_seen(session, ask, refresh=refresh))
    if json:
        document = CatalogueDocument.of(
            seen, quarantine=quarantine, tools=tools, refreshed=refreshed
        )
        write_json(document.model_dump_json(indent=2), session.out)
    else:
        _show(session, seen, refreshed, quarantine=quarantine, tools=tools)
    failed = refreshed is not None and all(one.problem for one in refreshed.bazaars)
    return ExitCode.FAILED if failed else ExitCode.DONE


async def _seen(
    session: Session, ask: LookAtCatalogue, *, refresh: bool
) -> tuple[CatalogueSeen, CatalogueRefreshed | None]:
    client = await session.connect()
    if not refresh:
        return await look_at_catalogue(client, ask), None
    # Asked first: where no worker serves discovery, a refresh would wait for one.
    await look_at_catalogue(client, LookAtCatalogue())
    with session.notes.status("reading the bazaars") as status:
        refreshed = await refresh_catalogue(client, lambda progress: _tell(status, progress))
    return await look_at_catalogue(client, ask), refreshed


def _tell(status: Status, progress: Progress) -> None:
    status.update(progress_words(progress))


def _show(
    session: Session,
    seen: CatalogueSeen,
    refreshed: CatalogueRefreshed | None,
    *,
    quarantine: bool,
    tools: bool,
) -> None:
    if refreshed is not None:
        session.show(refreshed_lines(refreshed))
    session.show(catalogue_page(seen, datetime.now(UTC)))
    kept_out = sum(one.quarantined for one in seen.bazaars)
    if quarantine:
        session.show(quarantine_page(seen.quarantined, total=kept_out))
    elif kept_out:
        hint(session, "Why items are kept out: caravan catalogue --quarantine")
    if tools:
        session.show(tools_page(seen.tools, total=sum(one.tools for one in seen.bazaars)))
