"""The command that buys one call by its address: buy."""

from dataclasses import replace
from typing import Annotated

import typer

from starter import journey
from starter.buying import DEFAULT_MAXIMUM, new_call
from starter.cli.options import Json, Out, State, Wallet
from starter.cli.runs import opened
from starter.session import open_session


def buy(
    url: Annotated[str, typer.Argument(metavar="URL", help="What to call.")],
    method: Annotated[
        str | None,
        typer.Option(
            "--method", metavar="M", help="HTTP method; GET, or POST when --data is given."
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="JSON", help="A JSON object: the body, or a GET's parameters."
        ),
    ] = None,
    maximum: Annotated[
        str,
        typer.Option(
            "--max", metavar="AMOUNT", help="The most it may cost; approves any price up to it."
        ),
    ] = DEFAULT_MAXIMUM,
    wallet: Wallet = None,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Buy one call, durably; pays nothing when it costs more than the maximum."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(yes=True, out=out, wallet=opened(session, wallet))
    request = new_call(session, url, method=method, data=data, maximum=maximum, wishes=wishes)
    wishes = replace(wishes, up_to=request.maximum)
    return journey.take_to_its_end(
        session, request.request_id, wishes, begin=lambda door: door.start_call(request)
    )
