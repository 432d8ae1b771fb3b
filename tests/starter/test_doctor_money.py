"""Each fault in what spends money is found, and its fix is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from domain.settings import Settings
from starter import doctor_money
from starter.doctor_money import (
    check_evm,
    check_ledger,
    check_policy,
    check_signer,
    examine_money,
)


def test_a_policy_that_says_a_rule_wrong_names_the_rule(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"

    file.write_text('[caps]\nday = "5.00"\n')
    right = check_policy(file)
    file.write_text('[caps]\ndaily = "5.00"\n')
    unknown = check_policy(file)
    file.write_text('[caps]\nday = "much"\n')
    wrong = check_policy(file)
    file.write_text("caps = = ")
    broken = check_policy(file)

    assert right.ok
    assert "digest" in right.detail
    assert "caps.daily" in unknown.detail
    assert "caps.day" in wrong.detail
    assert not any(check.ok for check in (unknown, wrong, broken, check_policy(tmp_path / "no")))


def test_whoever_signs_needs_what_it_signs_with(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text("secret")
    key.chmod(0o644)

    (remote,) = check_signer(Settings(signer="remote", signer_url="http://x"))
    (delegate,) = check_signer(Settings(signer="delegate"))
    (exposed,) = check_signer(Settings(payer_keyfile=key))
    key.chmod(0o600)
    (kept,) = check_signer(Settings(payer_keyfile=key))
    (missing,) = check_signer(Settings(evm_payer_keyfile=tmp_path / "nowhere"))

    assert not remote.ok
    assert not delegate.ok
    assert "is open to others" in exposed.detail
    assert f"chmod 600 {key}" in str(exposed.fix)
    assert kept.ok
    assert not missing.ok
    assert "secret" not in exposed.detail + kept.detail


@pytest.mark.parametrize(
    ("chain", "network", "ok", "words"),
    [
        ("0x14a34", "eip155:84532", True, "serves eip155:84532"),
        ("0x1", "eip155:84532", False, "serves eip155:1, not eip155:84532"),
        ("0x1", None, False, "CARAVAN_EVM_NETWORK is not set"),
        ("0x1", "solana:x", False, "CARAVAN_EVM_NETWORK is solana:x"),
    ],
)
def test_the_evm_node_must_serve_the_named_chain(
    monkeypatch: pytest.MonkeyPatch, chain: str, network: str | None, ok: bool, words: str
) -> None:
    @contextmanager
    def answering() -> Iterator[httpx.Client]:
        answer = httpx.Response(200, json={"result": chain})
        yield httpx.Client(transport=httpx.MockTransport(lambda _: answer))

    monkeypatch.setattr(doctor_money, "nodes", answering)

    found = check_evm("http://node.example", network)

    assert found.ok is ok
    assert words in found.detail


def test_an_evm_node_that_does_not_answer_is_a_fault_that_tells_no_address() -> None:
    found = check_evm("http://127.0.0.1:1/key", "eip155:84532")

    assert not found.ok
    assert "key" not in found.detail


def test_a_ledger_of_a_newer_version_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite"
    url = f"sqlite+aiosqlite:///{path}"
    monkeypatch.setattr(doctor_money, "_known_versions", lambda: frozenset({"0001"}))

    none_yet = check_ledger(url)
    at_version(path, "0001")
    known = check_ledger(url)
    at_version(path, "0099")
    newer = check_ledger(url)
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    broken = check_ledger(url)

    assert none_yet.ok
    assert known.ok
    assert "version 0001" in known.detail
    assert not newer.ok
    assert not broken.ok
    assert check_ledger("postgresql+asyncpg://user:secret@host/db").ok
    assert "secret" not in check_ledger("postgresql+asyncpg://user:secret@host/db").detail


def at_version(path: Path, version: str) -> None:
    ledger = sqlite3.connect(path)
    with ledger:
        ledger.execute("DROP TABLE IF EXISTS alembic_version")
        ledger.execute("CREATE TABLE alembic_version (version_num TEXT)")
        ledger.execute("INSERT INTO alembic_version VALUES (?)", (version,))
    ledger.close()


def test_what_no_setting_names_is_not_looked_at() -> None:
    assert [check.name for check in examine_money(Settings())] == ["ledger"]
