"""Whether what spends money is set up: policy, signer, EVM node, ledger, the sweep."""

import os
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from domain.chains import Family, family_of
from domain.errors import UpstreamUnavailable
from domain.policy import SpendPolicy
from domain.settings import Settings
from starter.doctor_live import Check
from starter.verifying.evm import evm_network_problem
from starter.verifying.node import Node, nodes

_SQLITE: Final = "sqlite+aiosqlite:///"
_MIGRATIONS: Final = Path(__file__).parents[1] / "activities" / "payments" / "ledger" / "migrations"
_POLICY_PAGE: Final = "docs/how-to/limit-spending.md"


def examine_money(settings: Settings) -> Iterator[Check]:
    """Look at what the settings name; a part that nothing names is not looked at."""
    if settings.policy_file is not None:
        yield check_policy(settings.policy_file)
    yield from check_signer(settings)
    if settings.evm_rpc_url is not None:
        yield check_evm(settings.evm_rpc_url, settings.evm_network)
    yield check_ledger(settings.ledger)


def check_policy(path: Path) -> Check:
    """Can the spend policy be read, and is every rule in it one?"""
    fix = f"correct {path}; {_POLICY_PAGE} has every rule"
    try:
        policy = SpendPolicy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as err:
        return Check.of("policy", False, f"{path} cannot be read: {err.strerror}", fix=fix)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        rule = ".".join(str(part) for part in first["loc"])
        return Check.of("policy", False, f"{path}: {rule}: {first['msg']}", fix=fix)
    except ValueError as err:
        return Check.of("policy", False, f"{path}: {err}", fix=fix)
    return Check.of("policy", True, f"{path}, digest {policy.digest[:12]}")


def check_signer(settings: Settings) -> Iterator[Check]:
    """Does whoever signs payments have what it needs?"""
    if settings.signer == "remote":
        named = settings.signer_url is not None and settings.signer_token is not None
        detail = "a signing service signs" if named else "its address or its token is not set"
        fix = "set CARAVAN_SIGNER_URL and CARAVAN_SIGNER_TOKEN for the payments worker"
        yield Check.of("signer", named, detail, fix=fix)
    if settings.signer == "delegate":
        owner = settings.delegate_owner
        detail = f"spends from {owner}" if owner else "whose money it spends is not set"
        fix = "set CARAVAN_DELEGATE_OWNER for the payments worker"
        yield Check.of("signer", owner is not None, detail, fix=fix)
    for name, path in (
        ("payer_keyfile", settings.payer_keyfile),
        ("evm_payer_keyfile", settings.evm_payer_keyfile),
    ):
        if path is not None:
            yield _check_keyfile(name, path)


def check_evm(rpc_url: str, network: str | None) -> Check:
    """Does the node answer, and is its chain the one that the settings name?"""
    if network is None or family_of(network) is not Family.EVM:
        return Check.of(
            "evm",
            False,
            f"CARAVAN_EVM_NETWORK is {network or 'not set'}",
            fix="set CARAVAN_EVM_NETWORK to the CAIP-2 id of its chain, such as eip155:84532",
        )
    try:
        with nodes() as http:
            problem = evm_network_problem(Node(http, rpc_url), network)
    except UpstreamUnavailable as err:
        return Check.of("evm", False, err.message, fix="check CARAVAN_EVM_RPC_URL")
    fix = "let CARAVAN_EVM_RPC_URL and CARAVAN_EVM_NETWORK name the same chain"
    return Check.of("evm", problem is None, problem or f"the node serves {network}", fix=fix)


def check_ledger(url: str) -> Check:
    """Is the ledger there and of this version? One on a server is left to its workers."""
    if not url.startswith(_SQLITE):
        kind = url.partition(":")[0]
        return Check.of("ledger", True, f"on a server ({kind}); its workers check it at start")
    path = Path(url.removeprefix(_SQLITE))
    if not path.exists():
        return Check.of("ledger", True, f"{path} is made with the first payments worker")
    try:
        found = _version(path)
    except sqlite3.Error as err:
        fix = "restore it from a copy; without it nobody knows what was paid"
        return Check.of("ledger", False, f"{path} cannot be read: {err}", fix=fix)
    known = _known_versions()
    ok = found is None or not known or found in known
    fix = "a newer Caravan wrote it; run that one, or restore a copy of the ledger"
    version = f"version {found}" if found else "not versioned yet"
    return Check.of("ledger", ok, f"{path}, {version}", fix=fix)


def _check_keyfile(name: str, path: Path) -> Check:
    fix = f"name an existing keyfile with CARAVAN_{name.upper()}, and run: chmod 600 {path}"
    try:
        exposed = path.stat().st_mode & 0o077
        readable = os.access(path, os.R_OK)
    except OSError as err:
        return Check.of(name, False, f"{path} cannot be read: {err.strerror}", fix=fix)
    words = "is open to others" if exposed else "is there" if readable else "cannot be read"
    return Check.of(name, readable and not exposed, f"{path} {words}", fix=fix)


def _version(path: Path) -> str | None:
    """The migration that a ledger is at, if it has any."""
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)
    try:
        (named,) = ledger.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchone()
        if not named:
            return None
        row = ledger.execute("SELECT version_num FROM alembic_version").fetchone()
    finally:
        ledger.close()
    return None if row is None else str(row[0])


def _known_versions() -> frozenset[str]:
    names = (path.stem.partition("_")[0] for path in _MIGRATIONS.rglob("versions/v*.py"))
    return frozenset(name.removeprefix("v") for name in names)
