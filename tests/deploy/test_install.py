"""Set-up from nothing: what it tells, and what it never lets pass in silence."""

import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy import install


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "VENV", tmp_path)
    return tmp_path


def put_torch(venv: Path, *, version: str, cuda: str | None) -> None:
    folder = venv / "lib" / "python3.11" / "site-packages" / "torch"
    folder.mkdir(parents=True)
    (folder / "version.py").write_text(f"__version__ = {version!r}\ncuda = {cuda!r}\n")


def test_a_cuda_build_does_not_get_in_silently(
    venv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_torch(venv, version="2.13.0", cuda="12.8")

    install.check_torch()

    told = capsys.readouterr().err
    assert "WARNING: PyTorch is a CUDA build" in told
    assert "--force-reinstall --no-deps" in told
    assert "'torch==2.13.0+cpu'" in told


def test_a_cpu_build_is_not_worth_a_word(venv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_torch(venv, version="2.13.0+cpu", cuda=None)

    install.check_torch()

    assert capsys.readouterr().err == ""


def test_pytorch_is_asked_of_its_own_index_first_then_of_the_users(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []

    def unreachable_then_fine(*arguments: str, quiet: bool = False) -> int:
        asked.append(arguments)
        return int(quiet)

    monkeypatch.setattr(install, "pip", unreachable_then_fine)
    monkeypatch.setattr(platform, "system", lambda: "Linux")

    install.install_torch()

    first, second = asked
    assert {"torch==2.13.0+cpu", "--no-deps", install.CPU_INDEX} <= set(first)
    assert second == ("--no-deps", "torch==2.13.0")
    assert "about 3 GB" in capsys.readouterr().err
    assert venv.exists()


def test_pytorch_that_is_there_is_not_asked_for_again(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_torch(venv, version="2.13.0+cpu", cuda=None)
    monkeypatch.setattr(install, "pip", lambda *_: pytest.fail("asked"))

    install.install_torch()


def test_a_failed_step_is_named_with_what_to_do_and_leaves_no_stamp(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_torch(venv, version="2.13.0+cpu", cuda=None)
    monkeypatch.setattr(install, "create", lambda: None)
    monkeypatch.setattr(install, "pip", lambda *_, **__: 1)

    code = install.main(["runtime"])

    told = capsys.readouterr().err
    assert code == 1
    assert "step 3, installing everything else (runtime), failed" in told
    assert "run the same command again" in told
    assert not list(venv.glob(".*"))


class FakeNpm:
    """Puts what was asked for in its place, or fails, and remembers what it was asked."""

    def __init__(self, venv: Path, *, code: int = 0, has_program: bool = True) -> None:
        self._venv = venv
        self._code = code
        self._has_program = has_program
        self.asked: list[list[str]] = []

    def run(self, command: list[str], **_: Any) -> "subprocess.CompletedProcess[bytes]":
        self.asked.append(command)
        if self._has_program and not self._code:
            put_anvil(self._venv, version=command[-1].rpartition("@")[2])
        return subprocess.CompletedProcess(command, self._code)


def put_anvil(venv: Path, *, version: str) -> None:
    package = venv / "evm" / "node_modules" / "@foundry-rs" / "anvil-linux-amd64"
    (package / "bin").mkdir(parents=True, exist_ok=True)
    (package / "bin" / "anvil").touch()
    (package / "package.json").write_text(json.dumps({"version": version}))


def use(npm: FakeNpm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/npm")
    monkeypatch.setattr(subprocess, "run", npm.run)


def test_the_evm_chain_is_fetched_without_running_any_script_of_it(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    npm = FakeNpm(venv)
    use(npm, monkeypatch)

    assert install.main(["evm"]) == 0

    (asked,) = npm.asked
    assert "--ignore-scripts" in asked
    assert asked[-3:] == ["--prefix", str(venv / "evm"), "@foundry-rs/anvil@1.7.1"]
    assert capsys.readouterr().err == ""


def test_an_evm_chain_that_is_there_is_not_asked_for_again(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = FakeNpm(venv)
    use(npm, monkeypatch)
    put_anvil(venv, version=install.ANVIL_VERSION)

    assert install.main(["evm"]) == 0
    assert npm.asked == []


def test_another_version_of_the_evm_chain_is_replaced(
    venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = FakeNpm(venv)
    use(npm, monkeypatch)
    put_anvil(venv, version="1.7.0")

    assert install.main(["evm"]) == 0
    assert install.anvil_version() == install.ANVIL_VERSION


@pytest.mark.parametrize(
    ("npm", "told"),
    [
        ({"code": 1}, "npm could not fetch @foundry-rs/anvil@1.7.1"),
        ({"has_program": False}, "no program for this kind of machine"),
    ],
)
def test_without_an_evm_chain_it_says_so_loudly(
    venv: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    npm: dict[str, Any],
    told: str,
) -> None:
    use(FakeNpm(venv, **npm), monkeypatch)

    assert install.main(["evm"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("*** WITHOUT EVM: ")
    assert told in line


def test_without_npm_tools_are_set_up_all_the_same(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_torch(venv, version="2.13.0+cpu", cuda=None)
    monkeypatch.setattr(install, "create", lambda: None)
    monkeypatch.setattr(install, "pip", lambda *_, **__: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    assert install.main(["dev"]) == 0

    assert "*** WITHOUT EVM: npm was not found" in capsys.readouterr().err
    assert (venv / ".dev").exists()
