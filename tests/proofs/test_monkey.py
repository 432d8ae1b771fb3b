"""The monkey in short."""

from pathlib import Path

import pytest

from tests.proofs.monkey import play


@pytest.mark.stack
@pytest.mark.timeout(300)
async def test_chain_ledger_and_runs_agree_whatever_the_monkey_does(tmp_path: Path) -> None:
    tale = await play(tmp_path, seconds=20, seed=11, least=4)

    assert tale.problems == []
    assert tale.entries
