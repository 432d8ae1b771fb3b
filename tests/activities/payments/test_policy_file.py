"""A spend policy is read whole or not at all; what is wrong is named with file and field."""

from pathlib import Path

import pytest

from activities.payments.policy_file import read_policy
from domain.errors import Misconfigured
from domain.policy import SpendPolicy


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text)
    return path


def test_a_policy_is_read_with_all_its_rules(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        first_seen_payee = "hold"
        loss_allowance = "0.50"
        [caps]
        day = "5.00"
        [caps.window]
        seconds = 3600
        amount = "1.00"
        [deny]
        hosts = ["bad.example"]
        """,
    )

    found = read_policy(path)

    assert found.caps.day == "5.00"
    assert found.caps.window is not None
    assert found.deny.hosts == ("bad.example",)
    assert found.digest != SpendPolicy().digest


def test_without_a_file_only_each_runs_own_cap_holds() -> None:
    assert read_policy(None) == SpendPolicy()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[caps]\nday = 5.0", "caps.day"),
        ('[caps]\ndayly = "5.00"', "caps.dayly is no rule"),
        ('[caps]\nday = "-1"', "caps.day"),
        ('[deny]\nhosts = ["https://bad.example/"]', "deny.hosts.0"),
        ('changed_payee = "ask"', "changed_payee"),
        ("not toml", "is not TOML"),
        ("\udcff", "is not TOML"),
    ],
)
def test_a_wrong_rule_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(Misconfigured, match=words) as refused:
        read_policy(path)

    assert str(path) in str(refused.value)


def test_a_missing_file_is_no_missing_policy(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_policy(tmp_path / "none.toml")
