"""Slots only pass forwards, on the wall clock and by hand, over restarts too."""

from pathlib import Path

import pytest

from deploy.localnet.chain import LocalChain
from deploy.localnet.records import Landed
from tests.deploy.localnet.localnet_kit import open_chain, pay


class Wall:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def wall_chain(state_dir: Path | None, wall: Wall, *, manual: bool = False) -> LocalChain:
    return open_chain(state_dir, manual_slots=manual, now=wall)


def test_a_slot_takes_400_milliseconds() -> None:
    wall = Wall()
    chain = wall_chain(None, wall)
    first = chain.slot

    wall.seconds += 60

    assert chain.slot == first + 150
    chain.close()


def test_a_clock_set_back_does_not_bring_slots_back() -> None:
    wall = Wall()
    chain = wall_chain(None, wall)
    wall.seconds += 60
    newest = chain.slot

    wall.seconds -= 50

    assert chain.slot == newest
    chain.close()


def test_a_blockhash_survives_a_restart_and_expires_on_time(tmp_path: Path) -> None:
    wall = Wall()
    chain = wall_chain(tmp_path, wall)
    blockhash, _ = chain.latest_blockhash()
    chain.close()

    wall.seconds += 30
    chain = wall_chain(tmp_path, wall)

    assert chain.is_blockhash_valid(blockhash)
    wall.seconds += 31
    assert not chain.is_blockhash_valid(blockhash)
    chain.close()


@pytest.mark.parametrize("manual", [True, False])
def test_changing_how_slots_pass_does_not_bring_them_back(tmp_path: Path, *, manual: bool) -> None:
    wall = Wall()
    chain = wall_chain(tmp_path, wall, manual=manual)
    wall.seconds += 60
    chain.advance_slots(7)
    newest = chain.slot
    chain.close()

    chain = wall_chain(tmp_path, wall, manual=not manual)

    assert chain.slot >= newest
    chain.close()


def test_a_clock_set_back_before_a_restart_does_not_precede_what_landed(tmp_path: Path) -> None:
    wall = Wall()
    chain = wall_chain(tmp_path, wall)
    wall.seconds += 60
    landed = chain.submit(pay(chain.latest_blockhash()[0], 1_000))
    assert isinstance(landed, Landed)
    chain.close()

    wall.seconds -= 50
    chain = wall_chain(tmp_path, wall)

    assert chain.slot >= landed.slot
    chain.close()


def test_a_block_time_is_when_its_transactions_landed() -> None:
    wall = Wall()
    chain = wall_chain(None, wall)
    wall.seconds += 4
    landed = chain.submit(pay(chain.latest_blockhash()[0], 1_000))
    assert isinstance(landed, Landed)
    wall.seconds += 4

    assert landed.block_time == 1_800_000_004
    assert chain.block_time(landed.slot) == landed.block_time
    assert chain.block_time(chain.slot) == 1_800_000_008
    chain.close()


def test_slots_do_not_pass_backwards(chain: LocalChain) -> None:
    with pytest.raises(ValueError, match="only pass forwards"):
        chain.advance_slots(-1)
