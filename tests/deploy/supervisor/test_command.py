"""The program itself: refusals come before anything is started."""

import subprocess
import sys
from pathlib import Path

from tests.deploy.supervisor.stack_kit import ROOT
from tests.deploy.supervisor.test_ports import listening


def up(state: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.supervisor", "up", "--state", str(state), *arguments],
        cwd=ROOT,
        env={"PATH": "/bin", **environ},
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )


def test_a_busy_port_is_told_by_name_before_anything_starts(tmp_path: Path) -> None:
    with listening() as busy:
        port = busy.getsockname()[1]

        refused = up(tmp_path / "state", f"--solana-port={port}", "--temporal-port=0")

    assert refused.returncode == 2
    assert f"solana: port {port} is taken by pid" in refused.stderr
    assert "--solana-port" in refused.stderr
    assert not (tmp_path / "state" / "keys").exists()


def test_afresh_never_empties_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    refused = up(tmp_path, "--fresh")

    assert refused.returncode == 2
    assert "nothing was touched" in refused.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_a_busy_port_does_not_cost_the_state_that_was_to_be_forgotten(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "keys").mkdir(parents=True)
    (state / "keys" / "payer.json").touch()
    with listening() as busy:
        refused = up(state, "--fresh", f"--ui-port={busy.getsockname()[1]}")

    assert refused.returncode == 2
    assert (state / "keys" / "payer.json").exists()


def test_a_mistyped_setting_is_told_before_anything_starts(tmp_path: Path) -> None:
    refused = up(tmp_path / "state", CARAVAN_PLANER="embedded")

    assert refused.returncode == 2
    assert "CARAVAN_PLANER is not a setting" in refused.stderr
