"""Key files as solana-keygen writes them."""

import json
from pathlib import Path

import pytest

from deploy.facilitator import keyfile


def test_a_made_key_is_kept_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "seller-a.json"
    made = keyfile.load_or_create(path)

    assert keyfile.load_or_create(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(path.read_text())) == 64


@pytest.mark.parametrize("text", ["[1, 2]", "{}", "secret", "[999]"])
def test_a_broken_key_file_is_named_and_never_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(text)

    with pytest.raises(ValueError, match=r"key\.json") as refused:
        keyfile.load(path)
    assert "secret" not in str(refused.value)
