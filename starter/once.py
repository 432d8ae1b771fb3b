"""One paid call in a process of its own, for programs that test x402 clients.

Nothing is simulated: a Temporal server and a worker of its own run the same workflow as ever, with
keys from the environment. Keys reach the worker as files that only we can read, and are deleted
once it has read them; the folder with the ledger goes only when no money is open.
"""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from temporalio.client import Client

from domain.errors import Misconfigured
from domain.money import Amount
from domain.runs import RunReport
from domain.settings import Settings
from starter.boundary import problem_of
from starter.buying import call_of
from starter.client import connect
from starter.exits import money_open
from starter.once_house import own_house
from starter.outputs import read_artifact
from starter.requests import Requests

MAXIMUM: Final = "1.00"
"""Most that the call may cost: what tests of clients ask is a thousandth of it."""

LEDGER: Final = "ledger.sqlite"
"""Where the worker's settings put it."""

SETTLED: Final = "settled"
"""Says that no money is open, so that the folder may go."""

_OK: Final = 0
_FAILED: Final = 1
_FREE_STATUS: Final = 200


class Asked(BaseModel):
    """What the environment asks for, under the names that x402's own tests set."""

    model_config = ConfigDict(frozen=True)

    resource_server_url: str
    endpoint_path: str = "/"

    @property
    def url(self) -> str:
        """What to call."""
        return urljoin(self.resource_server_url.rstrip("/") + "/", self.endpoint_path.lstrip("/"))


class PaymentResponse(BaseModel):
    """How the payment settled, in x402's own names; what the chain shows, not what was said."""

    model_config = ConfigDict(frozen=True)

    success: bool
    transaction: str
    network: str
    payer: str


class Result(BaseModel):
    """The last line on standard output."""

    model_config = ConfigDict(frozen=True)

    success: bool
    data: JsonValue = None
    status_code: int = 0
    payment_response: PaymentResponse | None = None
    error: str | None = None
    """Why it failed; missing when it did not."""

    def line(self) -> str:
        """One line of JSON."""
        hidden = {"error"} if self.error is None else set[str]()
        return json.dumps(self.model_dump(mode="json", exclude=hidden))


def buy_once(environ: Mapping[str, str]) -> int:
    """Buy what the environment names, print the result as the last line, return the exit code."""
    try:
        result = asyncio.run(_until_told(environ))
    except (asyncio.CancelledError, KeyboardInterrupt):
        result = Result(success=False, error="it was interrupted")
    except Exception as err:  # noqa: BLE001 - the process boundary: the caller waits for one line
        problem = problem_of(err)
        sys.stderr.write(f"{problem.code}: {problem.message}\n")
        result = Result(success=False, error=problem.message)
    sys.stdout.write(result.line() + "\n")
    sys.stdout.flush()
    return _OK if result.success else _FAILED


async def _until_told(environ: Mapping[str, str]) -> Result:
    """Buy; whoever ends this process lets worker and server end with it."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await _bought(environ)


async def _bought(environ: Mapping[str, str]) -> Result:
    asked = _asked(environ)
    if "TEMPORAL_ADDRESS" in environ:
        sys.stderr.write("TEMPORAL_ADDRESS is set: its workers pay, with their own wallets\n")
        settings = Settings.from_environ(environ)
        report = await _pursued(await connect(settings, None), settings, asked)
        return result_of(report, settings.artifacts_dir)
    async with _folder() as folder, own_house(folder, environ) as house:
        report = await _pursued(house.client, house.settings, asked)
        if not money_open(report):
            (folder / SETTLED).touch()
        return result_of(report, house.settings.artifacts_dir)


async def _pursued(client: Client, settings: Settings, asked: Asked) -> RunReport:
    maximum = Amount.from_decimal(MAXIMUM, settings.asset)
    call = call_of(asked.url, method="GET", data=None, maximum=maximum, wallet=None)
    requests = Requests(client)
    await requests.start_call(call)
    return await requests.ending(call.request_id)


def result_of(report: RunReport, artifacts_dir: Path) -> Result:
    """Say how a call ended, in the words of x402's tests."""
    output = next((view.output for view in report.steps if view.output), None)
    status = next((view.http_status for view in report.steps if view.http_status), None)
    receipt = report.receipts[-1] if report.receipts else None
    delivered = output is not None and report.error is None
    return Result(
        success=delivered,
        data=_data(read_artifact(artifacts_dir, output)) if output else None,
        status_code=status or (_FREE_STATUS if delivered else 0),
        payment_response=None
        if receipt is None
        else PaymentResponse(
            success=True,
            transaction=receipt.transaction,
            network=receipt.network,
            payer=receipt.payer,
        ),
        error=report.error.message if report.error else None,
    )


def _data(body: bytes) -> JsonValue:
    text = body.decode(errors="replace")
    try:
        found: JsonValue = json.loads(text)
    except ValueError:
        return text
    return found


def _asked(environ: Mapping[str, str]) -> Asked:
    names = ("RESOURCE_SERVER_URL", "ENDPOINT_PATH")
    known = {name.lower(): environ[name] for name in names if environ.get(name)}
    try:
        return Asked.model_validate(known)
    except ValidationError:
        raise Misconfigured("RESOURCE_SERVER_URL is not set") from None


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """A folder that only we can read; kept when money is open, or when nobody knows."""
    folder = Path(tempfile.mkdtemp(prefix="caravan-once-"))
    try:
        yield folder
    finally:
        if (folder / LEDGER).exists() and not (folder / SETTLED).exists():
            sys.stderr.write(f"money may be open; the ledger is kept in {folder}\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
