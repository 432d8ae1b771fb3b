"""Set-up from nothing: what it tells, and what it never lets pass in silence."""

import platform
from pathlib import Path

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
