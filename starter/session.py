"""What every command starts from: settings, the stack that runs here, and where to write."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from temporalio.client import Client

from domain.errors import Misconfigured
from domain.ids import RequestId
from domain.settings import PREFIX, Settings
from starter.client import connect, connect_config
from starter.document import workflow_url
from starter.errors import StackUnreachable
from starter.stack import StackInfo, read_stack

SETTINGS_FILE: Final = Path("caravan.toml")
_STATE_DIR: Final = f"{PREFIX}STATE_DIR"

PIPE_COLUMNS: Final = 120
"""Width where there is no terminal to ask; rich would assume 80 and wrap ids."""


@dataclass(frozen=True)
class Session:
    """One command's surroundings."""

    settings: Settings
    stack: StackInfo | None
    no_stack: StackUnreachable | None
    """Why there is no stack, when there is none."""
    out: Console
    """Results; standard output."""
    notes: Console
    """Everything else; standard error."""
    json: bool

    @property
    def screen(self) -> Console:
        """Where pages for a person go: standard output, unless a document goes there."""
        return self.notes if self.json else self.out

    def show(self, page: RenderableType) -> None:
        """Show a page to a person; long lines are left for the terminal to wrap."""
        self.screen.print(page, crop=False)

    async def connect(self) -> Client:
        """Connect to Temporal.

        Raises:
            StackUnreachable: It does not answer, or nothing says where it is.
        """
        if self.stack is None and self.no_stack is not None and not _temporal_is_named():
            raise self.no_stack
        return await connect(self.settings, self.stack.temporal if self.stack else None)

    def url(self, client: Client, run: RequestId) -> str | None:
        """Page of a run in Temporal's Web UI, when its address is known."""
        return workflow_url(self.settings.temporal_ui_url, client.namespace, run)


def open_session(*, state: Path | None = None, json: bool = False) -> Session:
    """Read settings and the running stack; addresses of the stack are the defaults.

    Raises:
        Misconfigured: A setting is unknown or cannot be read.
    """
    environ = dict(os.environ)
    if state is not None:
        environ[_STATE_DIR] = str(state)
    file = _settings_file()
    settings = Settings.from_environ(environ, file=file)
    stack, problem = _stack(settings.state_dir)
    if stack is not None:
        settings = Settings.from_environ(environ, file=_stack_defaults(stack) | file)
    return Session(
        settings=settings,
        stack=stack,
        no_stack=problem,
        out=console(),
        notes=console(stderr=True),
        json=json,
    )


def console(*, stderr: bool = False) -> Console:
    """A console that never reads a stranger's text as markup and never guesses at numbers."""
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = PIPE_COLUMNS
    return made


def _temporal_is_named() -> bool:
    try:
        connect_config(None)
    except StackUnreachable:
        return False
    return True


def _stack(state_dir: Path) -> tuple[StackInfo | None, StackUnreachable | None]:
    try:
        return read_stack(state_dir), None
    except StackUnreachable as err:
        return None, err


def _stack_defaults(stack: StackInfo) -> dict[str, object]:
    evm = (
        {}
        if stack.evm is None
        else {
            "evm_rpc_url": stack.evm.rpc_url,
            "evm_network": stack.evm.network,
        }
    )
    return {
        "temporal_ui_url": stack.temporal.ui_url,
        "solana_rpc_url": stack.solana.rpc_url,
        "solana_network": stack.solana.network,
        "bazaar_urls": stack.bazaars,
        **evm,
    }


def _settings_file() -> dict[str, object]:
    try:
        return tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as err:
        raise Misconfigured(f"{SETTINGS_FILE} cannot be read: {err}") from err
