from pathlib import Path

import pytest

from deploy.supervisor.errors import StateDirUnusable
from deploy.supervisor.state_dir import LOCK_FILE, StateDir


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_a_folder_of_something_else_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")

    with pytest.raises(StateDirUnusable, match=r"thesis\.txt"):
        StateDir.open(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_a_worker_has_used_can_become_a_stacks(folder: Path) -> None:
    (folder / "artifacts").mkdir(parents=True)
    (folder / "ledger.sqlite").touch()

    StateDir.open(folder).close()

    assert (folder / LOCK_FILE).exists()


def test_starting_afresh_empties_the_folder_and_keeps_it_locked(folder: Path) -> None:
    state = StateDir.open(folder)
    state.prepare()
    (state / "keys" / "payer.json").touch()
    (state / "temporal.sqlite").touch()

    state.clear()

    assert [entry.name for entry in folder.iterdir()] == [LOCK_FILE]
    state.close()


def test_starting_afresh_does_not_follow_links_out_of_the_folder(
    folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    state = StateDir.open(folder)
    (folder / "artifacts").symlink_to(outside)

    state.clear()

    assert (outside / "precious").exists()
    state.close()


def test_only_its_owner_may_look_into_the_folder(folder: Path) -> None:
    state = StateDir.open(folder)
    state.prepare()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700
    state.close()


def test_what_a_killed_supervisor_left_is_dropped(folder: Path) -> None:
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "worker-engine.ready").write_text("1")
    (folder / "stack.json").write_text("{}")
    state = StateDir.open(folder)

    state.prepare()

    assert not state.stack_file.exists()
    assert not state.ready_file("worker-engine").exists()
    state.close()


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()

    with pytest.raises(StateDirUnusable, match="--state"):
        StateDir.open(tmp_path / "state")
