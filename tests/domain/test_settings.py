"""Settings: known names only, from variables above ``caravan.toml``, secrets kept."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chains import SOLANA_MAINNET, USDC_DEVNET, USDC_MAINNET
from domain.errors import Misconfigured, UnknownAsset
from domain.settings import PREFIX, Settings
from tests.fakes.builders import usdc


def read(file: dict[str, object] | None = None, **variables: str) -> Settings:
    return named(variables, file=file)


def named(variables: dict[str, str], *, file: dict[str, object] | None = None) -> Settings:
    environ = {PREFIX + name: text for name, text in variables.items()}
    return Settings.from_environ(environ, file=file)


def test_without_any_setting_the_defaults_hold() -> None:
    assert read() == Settings()
    assert Settings().asset == USDC_DEVNET
    assert Settings().policy_maximum == usdc("100.00")


def test_only_prefixed_variables_are_read() -> None:
    environ = {"PATH": "/bin", "STATE_DIR": "/elsewhere", "XCARAVAN_STATE_DIR": "/elsewhere"}

    assert Settings.from_environ(environ) == Settings()


@pytest.mark.parametrize("name", ["BUGDET", "MAX_BUDGETS", ""])
def test_an_unknown_name_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"CARAVAN_{name} is not a setting"):
        named({name: "5.00"})
    with pytest.raises(Misconfigured, match=f"CARAVAN_{name} is not a setting"):
        read({name.lower(): "5.00"})


@given(name=st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1))
def test_no_other_name_is_taken(name: str) -> None:
    if name in Settings.model_fields:
        return
    with pytest.raises(Misconfigured, match="is not a setting"):
        read({name: "1"})


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(Misconfigured) as wrong:
        read(PLANNER="magic", ALLOW_PRIVATE_HOSTS="perhaps", BUGDET="5.00")

    for name in ("CARAVAN_PLANNER: ", "CARAVAN_ALLOW_PRIVATE_HOSTS: ", "CARAVAN_BUGDET is not"):
        assert name in wrong.value.message


def test_urls_are_separated_by_commas() -> None:
    settings = read(BAZAAR_URLS=" https://a.example , https://b.example,, ")

    assert settings.bazaar_urls == ("https://a.example", "https://b.example")


def test_urls_of_the_file_may_be_a_list_or_one_text() -> None:
    urls = ["https://a.example", "https://b.example"]

    assert read({"bazaar_urls": urls}).bazaar_urls == tuple(urls)
    assert read({"bazaar_urls": ",".join(urls)}).bazaar_urls == tuple(urls)


@pytest.mark.parametrize(
    "line",
    [
        'max_budget = "7.00"',
        'MAX_BUDGET = "7.00"',
        'CARAVAN_MAX_BUDGET = "7.00"',
        'caravan_max_budget = "7.00"',
    ],
)
def test_names_of_the_file_are_in_either_case_and_with_or_without_prefix(line: str) -> None:
    assert read(tomllib.loads(line)).policy_maximum == usdc("7.00")


def test_a_variable_goes_before_the_file_unless_it_is_empty() -> None:
    file: dict[str, object] = {"max_budget": "7.00"}

    assert read(file, MAX_BUDGET="9.00").max_budget == "9.00"
    assert read(file, MAX_BUDGET="").max_budget == "7.00"


@pytest.mark.parametrize("text", ["lots", "-1", "1.0000001", "5 USDC"])
def test_a_budget_that_is_no_amount_is_an_error_at_start(text: str) -> None:
    with pytest.raises(Misconfigured, match="CARAVAN_MAX_BUDGET: "):
        read(MAX_BUDGET=text)


def test_secrets_are_not_printed() -> None:
    settings = read(QDRANT_API_KEY="s3cret")

    assert settings.qdrant_api_key is not None
    assert settings.qdrant_api_key.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize("name", ["LEDGER_URL", "SOLANA_RPC_URL", "EVM_RPC_URL"])
def test_addresses_that_carry_secrets_are_not_printed(name: str) -> None:
    assert "s3cret" not in repr(named({name: "https://user:s3cret@host.example"}))


def test_no_error_repeats_the_value_that_was_given() -> None:
    with pytest.raises(Misconfigured) as wrong:
        read(PLANNER="s3cret-planner", QDRANT_KEY="s3cret-key")

    assert "s3cret" not in wrong.value.message


def test_the_signing_services_token_is_not_printed() -> None:
    settings = read(SIGNER="remote", SIGNER_URL="https://u:s3cret@h.example", SIGNER_TOKEN="s3cret")

    assert settings.signer_token is not None
    assert settings.signer_token.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("signer", ["", "keyfile", "remote", "delegate"])
def test_a_signer_is_one_of_ours(signer: str) -> None:
    assert read(SIGNER=signer).signer == (signer or "keyfile")
    with pytest.raises(Misconfigured, match="CARAVAN_SIGNER: "):
        read(SIGNER="ledger")


def test_the_asset_follows_the_network() -> None:
    assert read(SOLANA_NETWORK=SOLANA_MAINNET).asset == USDC_MAINNET
    with pytest.raises(UnknownAsset):
        _ = read(SOLANA_NETWORK="solana:unheard-of").asset


def test_the_ledger_is_in_the_state_directory_unless_told(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)

    assert settings.ledger == f"sqlite+aiosqlite:///{tmp_path}/ledger.sqlite"
    assert read(LEDGER_URL="postgresql://db").ledger == "postgresql://db"


def test_artifacts_are_in_a_folder_of_the_state_directory_unless_told(tmp_path: Path) -> None:
    assert Settings(state_dir=tmp_path).artifacts_dir == tmp_path / "artifacts"
    assert read(ARTIFACTS_URL="file:///srv/caravan").artifacts_dir == Path("/srv/caravan")


def test_artifacts_anywhere_but_in_a_folder_are_an_error() -> None:
    with pytest.raises(Misconfigured, match="must be a file:// URL"):
        _ = read(ARTIFACTS_URL="s3://bucket").artifacts_dir
