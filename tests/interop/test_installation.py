"""Packages are installed once and whole; where they cannot be, nobody is told that all is well."""

from pathlib import Path

import pytest

from tests.interop.installation import installed, node

WORKING_NPM = "#!/bin/sh\necho run >> {log}\n/bin/mkdir node_modules\n"
BROKEN_NPM = "#!/bin/sh\n/bin/mkdir node_modules\necho 'registry is gone' >&2\nexit 1\n"
OLD_NODE = "#!/bin/sh\necho v20.17.0\n"


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put(program: Path, text: str) -> None:
    program.write_text(text)
    program.chmod(0o755)


def test_a_second_run_installs_nothing(bin_folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    put(bin_folder / "npm", WORKING_NPM.format(log=log))
    first, second = installed(tmp_path / "cache"), installed(tmp_path / "cache")

    assert first == second
    assert (first / "node_modules").is_dir()
    assert log.read_text() == "run\n"


@pytest.mark.parametrize("ci", ["", "false"])
def test_elsewhere_a_failed_installation_skips_with_its_reason(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    put(bin_folder / "npm", BROKEN_NPM)
    with pytest.raises(pytest.skip.Exception, match=r"NOT TESTED(.|\n)*registry is gone"):
        installed(tmp_path / "cache")


def test_in_ci_a_failed_installation_fails(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    put(bin_folder / "npm", BROKEN_NPM)
    with pytest.raises(pytest.fail.Exception, match="registry is gone"):
        installed(tmp_path / "cache")


def test_a_half_finished_installation_is_never_kept(
    bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    put(bin_folder / "npm", BROKEN_NPM)
    with pytest.raises(pytest.skip.Exception):
        installed(tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_without_the_tools_the_reason_says_which(bin_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"NOT TESTED.*Node\.js is not installed"):
        node()
    with pytest.raises(pytest.skip.Exception, match=r"NOT TESTED.*npm is not installed"):
        installed(tmp_path / "cache")
    put(bin_folder / "node", OLD_NODE)
    with pytest.raises(pytest.skip.Exception, match=r"20\.17\.0 is too old"):
        node()
