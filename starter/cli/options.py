"""Options that many commands share, said once."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document on standard output, the rest on error."),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        help="State folder of the local stack; CARAVAN_STATE_DIR or .caravan without it.",
    ),
]
Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Run id, run/<id>, the beginning of an id, or `last`."),
]
Request = Annotated[str, typer.Argument(metavar="TEXT", help="What you want, in plain words.")]
Budget = Annotated[
    str, typer.Option("--budget", metavar="AMOUNT", help="The most it may cost, such as 5.00.")
]
Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Approve the plan that is shown, at its price and cap."),
]
Detach = Annotated[
    bool, typer.Option("--detach", help="Leave once the run can go on without this terminal.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Folder for the files; caravan-out/<run id> without it."
    ),
]
Wallet = Annotated[
    Path | None,
    typer.Option(
        "--wallet",
        metavar="FILE",
        help="Pay from your own Solana wallet: a solana-keygen file, read here and sent nowhere.",
    ),
]
NeededWallet = Annotated[
    Path,
    typer.Option(
        "--wallet",
        metavar="FILE",
        help="Your own Solana wallet: a solana-keygen file, read here and sent nowhere.",
    ),
]
LossAllowance = Annotated[
    str | None,
    typer.Option(
        "--loss-allowance",
        metavar="AMOUNT",
        help="The most that may be lost on services that take money for nothing while others "
        "are tried, such as 0.50; the policy's without it.",
    ),
]
Anew = Annotated[
    bool, typer.Option("--anew", help="Plan afresh, even where an earlier plan of yours serves.")
]
