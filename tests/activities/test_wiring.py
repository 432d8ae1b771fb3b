"""Each process builds what its queues need, reads no key it must not have, and says what lacks."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from solders.keypair import Keypair

from activities.wiring import Wiring
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.errors import EngineError, Misconfigured
from domain.names import TaskQueue
from domain.settings import Settings
from tests.activities.payments.wire_server import http, serving

NOWHERE = "http://127.0.0.1:9"


def settings(folder: Path, **changes: Any) -> Settings:
    keyfile = folder / "key.json"
    keyfile.write_text(Keypair().to_json())
    known: dict[str, Any] = {
        "state_dir": folder,
        "solana_rpc_url": NOWHERE,
        "payer_keyfile": keyfile,
        "engine_keyfile": keyfile,
        "bazaar_urls": (NOWHERE,),
    }
    return Settings(**{**known, **changes})


async def build(config: Settings, *queues: TaskQueue, key: str | None = None) -> None:
    async with Wiring(config, anthropic_api_key=SecretStr(key) if key else None) as wiring:
        built = await wiring.activities(queues)
        assert set(built) == set(queues)
        assert all(built.values())


@pytest.mark.parametrize(
    "queues",
    [
        (TaskQueue.ORCHESTRATION,),
        (TaskQueue.PLANNING,),
        (TaskQueue.PAYMENTS,),
        (TaskQueue.PAYMENTS, TaskQueue.CHAINS),
    ],
)
async def test_a_process_builds_what_its_queues_need(
    tmp_path: Path, queues: tuple[TaskQueue, ...]
) -> None:
    await build(settings(tmp_path), *queues)


async def test_only_the_payments_process_reads_keys(tmp_path: Path) -> None:
    absent = {"payer_keyfile": tmp_path / "no", "engine_keyfile": tmp_path / "no"}
    config = settings(tmp_path, **absent)

    await build(config, TaskQueue.ORCHESTRATION, TaskQueue.PLANNING)
    with pytest.raises(Misconfigured, match="cannot be read"):
        await build(config, TaskQueue.PAYMENTS)


async def test_signing_elsewhere_than_with_payments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="--queue payments --queue chains"):
        await build(settings(tmp_path), TaskQueue.CHAINS)


@pytest.mark.parametrize(
    ("change", "queue", "words"),
    [
        ({"solana_rpc_url": None}, TaskQueue.PAYMENTS, "CARAVAN_SOLANA_RPC_URL"),
        ({"payer_keyfile": None}, TaskQueue.PAYMENTS, "CARAVAN_PAYER_KEYFILE"),
        ({"bazaar_urls": ()}, TaskQueue.DISCOVERY, "CARAVAN_BAZAAR_URLS"),
        ({"planner": "anthropic"}, TaskQueue.PLANNING, "ANTHROPIC_API_KEY"),
        ({"planner": "openai"}, TaskQueue.PLANNING, "OPENAI_API_KEY"),
    ],
)
async def test_what_is_missing_is_named(
    tmp_path: Path, change: dict[str, Any], queue: TaskQueue, words: str
) -> None:
    with pytest.raises(Misconfigured, match=words):
        await build(settings(tmp_path, **change), queue)


async def test_a_keyfile_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[1, 2, 3]")

    with pytest.raises(Misconfigured, match="not a solana-keygen keyfile") as refused:
        await build(settings(tmp_path, payer_keyfile=bad), TaskQueue.PAYMENTS)

    assert "1, 2, 3" not in str(refused.value)


@pytest.mark.parametrize(
    ("planner", "keys", "asked"),
    [
        ("auto", {}, []),
        ("auto", {"anthropic_api_key": SecretStr("k")}, ["anthropic"]),
        ("auto", {"openai_api_key": SecretStr("k")}, ["openai"]),
        (
            "auto",
            {"anthropic_api_key": SecretStr("k"), "openai_base_url": NOWHERE},
            ["anthropic", "openai"],
        ),
        ("embedded", {"anthropic_api_key": SecretStr("k")}, []),
        ("openai", {"anthropic_api_key": SecretStr("k"), "openai_base_url": NOWHERE}, ["openai"]),
    ],
)
async def test_the_models_whose_keys_are_set_are_asked_in_order(
    tmp_path: Path, planner: str, keys: dict[str, Any], asked: list[str]
) -> None:
    config = settings(tmp_path, planner=planner, openai_model="any")

    async with Wiring(config, **{"anthropic_api_key": None, **keys}) as wiring:
        assert [model.name for model in wiring._models()] == asked


async def test_a_server_of_ones_own_needs_its_models_name(tmp_path: Path) -> None:
    async with Wiring(
        settings(tmp_path), anthropic_api_key=None, openai_base_url=NOWHERE
    ) as wiring:
        with pytest.raises(Misconfigured, match="CARAVAN_OPENAI_MODEL"):
            wiring._models()


async def test_openais_own_address_needs_no_model_name(tmp_path: Path) -> None:
    async with Wiring(
        settings(tmp_path), anthropic_api_key=None, openai_base_url="https://api.openai.com/v1/"
    ) as wiring:
        assert [model.label for model in wiring._models()] == ["gpt-6.1-terra"]


EVM = {"evm_rpc_url": NOWHERE, "evm_network": BASE_SEPOLIA}


def evm_keyfile(folder: Path) -> Path:
    path = folder / "evm.key"
    path.write_text("0x" + "11" * 32)
    path.chmod(0o600)
    return path


async def ways(config: Settings) -> set[tuple[str, str]]:
    async with Wiring(config, anthropic_api_key=None) as wiring:
        (quote, *_) = (await wiring.activities((TaskQueue.PAYMENTS,)))[TaskQueue.PAYMENTS]
        rails: Any = quote.__self__._with.rails  # type: ignore[attr-defined]
        return set(rails._rails)


async def test_solana_is_always_paid_on_and_evm_where_it_is_configured(tmp_path: Path) -> None:
    solana = {(SOLANA_DEVNET, "exact")}
    evm = {(BASE_SEPOLIA, scheme) for scheme in ("exact", "upto", "batch-settlement")}

    assert await ways(settings(tmp_path)) == solana
    assert await ways(settings(tmp_path, **EVM)) == solana | evm
    key = evm_keyfile(tmp_path)
    assert await ways(settings(tmp_path, **EVM, evm_payer_keyfile=key)) == solana | evm


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"evm_rpc_url": NOWHERE}, "CARAVAN_EVM_NETWORK"),
        ({**EVM, "evm_network": "eip155:1"}, "no USDC on eip155:1"),
        ({"signer": "delegate"}, "CARAVAN_DELEGATE_OWNER"),
        ({"signer": "remote"}, "CARAVAN_SIGNER_URL"),
        ({"signer": "remote", "signer_url": NOWHERE}, "CARAVAN_SIGNER_URL names no wallet"),
        ({"policy_file": Path("/nowhere/policy.toml")}, "CARAVAN_POLICY_FILE"),
        ({**EVM, "evm_payer_keyfile": Path("/nowhere/evm.key")}, "EVM keyfile"),
    ],
)
async def test_what_is_wrong_with_paying_is_named(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(EngineError, match=words):
        await build(settings(tmp_path, **changes), TaskQueue.PAYMENTS)


async def test_a_signing_service_needs_no_keyfile_here(tmp_path: Path) -> None:
    wallet = str(Keypair().pubkey())
    reply = http(200, f'{{"address": "{wallet}"}}'.encode())
    async with serving(reply) as server:
        config = settings(
            tmp_path, signer="remote", signer_url=server.url, payer_keyfile=tmp_path / "no"
        )
        await build(config, TaskQueue.PAYMENTS)


async def test_evm_is_not_loaded_where_nobody_pays_on_it() -> None:
    code = (
        "import sys, activities.payments.wiring, activities.payments.service;"
        "print([name for name in ('web3', 'eth_account') if name in sys.modules])"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
