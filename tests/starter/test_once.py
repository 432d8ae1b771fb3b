"""One call in a process of its own: what it reads, what it prints, what it leaves."""

import asyncio
import json
import stat
from pathlib import Path

import pytest
from solders.keypair import Keypair

from domain.errors import Misconfigured
from domain.runs import RunError, RunState
from starter import once
from starter.once import Asked, Result, buy_once, result_of
from starter.once_keys import forget_keys, write_keys
from tests.starter import samples

KEYPAIR = Keypair.from_seed(bytes([3] * 32))
SECRET = str(KEYPAIR)
EVM_SECRET = "0x" + "ab" * 32


def test_keys_reach_the_worker_as_files_that_only_we_can_read(tmp_path: Path) -> None:
    settings = write_keys(tmp_path, {"SVM_PRIVATE_KEY": SECRET, "EVM_PRIVATE_KEY": EVM_SECRET})

    svm = Path(settings["CARAVAN_PAYER_KEYFILE"])
    evm = Path(settings["CARAVAN_EVM_PAYER_KEYFILE"])
    assert Keypair.from_json(svm.read_text()) == KEYPAIR
    assert evm.read_text() == "ab" * 32
    assert {stat.S_IMODE(path.stat().st_mode) for path in (svm, evm)} == {0o600}
    assert stat.S_IMODE(svm.parent.stat().st_mode) == 0o700
    forget_keys(tmp_path)
    forget_keys(tmp_path)
    assert list(svm.parent.iterdir()) == []


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"SVM_PRIVATE_KEY": "not a key"},
        {"SVM_PRIVATE_KEY": SECRET[:-9]},
        {"EVM_PRIVATE_KEY": "abcd"},
    ],
)
def test_what_is_no_key_is_refused_without_being_quoted(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(Misconfigured) as refused:
        write_keys(tmp_path, environ)

    for value in environ.values():
        assert value not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("server", "path", "url"),
    [
        ("http://127.0.0.1:4021", "/protected", "http://127.0.0.1:4021/protected"),
        ("http://127.0.0.1:4021/", "protected?x=1", "http://127.0.0.1:4021/protected?x=1"),
        ("http://a.example/base", "/x", "http://a.example/base/x"),
    ],
)
def test_server_and_path_are_joined_as_they_are_meant(server: str, path: str, url: str) -> None:
    assert Asked(resource_server_url=server, endpoint_path=path).url == url


def test_the_result_says_what_the_chain_shows_in_x402s_own_names(tmp_path: Path) -> None:
    body = b'{"message": "hello"}'
    ref = samples.artifact(body)
    stored = tmp_path / ref.digest[:2] / ref.digest
    stored.parent.mkdir()
    stored.write_bytes(body)
    step = samples.delivered("volume", output=ref, http_status=200)
    report = samples.report(steps=(step,), receipts=(samples.receipt("volume"),))

    line = result_of(report, tmp_path).line()

    assert "\n" not in line
    assert json.loads(line) == {
        "success": True,
        "data": {"message": "hello"},
        "status_code": 200,
        "payment_response": {
            "success": True,
            "transaction": samples.receipt("volume").transaction,
            "network": samples.receipt("volume").network,
            "payer": samples.PAYER,
        },
    }


def test_a_failed_call_says_why_and_claims_no_payment(tmp_path: Path) -> None:
    error = RunError(code="over_budget", message="it asks 2.00 USDC", next="")
    report = samples.report(state=RunState.FAILED, steps=(), receipts=(), error=error)

    found = result_of(report, tmp_path)

    assert found == Result(success=False, error="it asks 2.00 USDC")


def test_whatever_goes_wrong_ends_in_one_line_of_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(_: object) -> Result:
        raise asyncio.CancelledError

    codes = [buy_once({}), buy_once({"RESOURCE_SERVER_URL": "http://127.0.0.1:1"})]
    monkeypatch.setattr(once, "_bought", interrupted)
    codes.append(buy_once({"RESOURCE_SERVER_URL": "http://127.0.0.1:1"}))

    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert codes == [1, 1, 1]
    assert [line["success"] for line in lines] == [False] * 3
    assert [set(line) for line in lines] == [
        {"success", "data", "status_code", "payment_response", "error"}
    ] * 3
    assert "RESOURCE_SERVER_URL is not set" in lines[0]["error"]
    assert "neither SVM_PRIVATE_KEY nor" in lines[1]["error"]
