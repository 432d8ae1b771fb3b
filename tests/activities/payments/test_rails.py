"""The ways to pay: chosen by network and scheme, counted once for each wallet."""

import pytest

from activities.payments.rails import RailsByWay
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET, USDC_BASE_SEPOLIA, USDC_DEVNET
from domain.errors import OfferRefused, WalletUnfunded
from domain.money import Amount
from tests.fakes.rails import FakeRail

OUTSIDE_SVM, OUTSIDE_EVM = "7nY7HGvqeyVKJLLjSPQbd7FYSCgv6ABBUDmVPqKjtk9m", f"0x{'1' * 40}"


class Empty(FakeRail):
    """A wallet without an account for the asset."""

    async def balance(self, payer: str) -> Amount:
        raise WalletUnfunded(f"wallet {payer} has no account")


@pytest.fixture
def solana() -> FakeRail:
    return FakeRail(payer="solana wallet", held=3)


@pytest.fixture
def base() -> FakeRail:
    return FakeRail(asset=USDC_BASE_SEPOLIA, payer="base wallet", held=5)


@pytest.fixture
def channels() -> FakeRail:
    return FakeRail(asset=USDC_BASE_SEPOLIA, payer="base wallet", held=1_000)


@pytest.fixture
def rails(solana: FakeRail, base: FakeRail, channels: FakeRail) -> RailsByWay:
    return RailsByWay(
        {
            (SOLANA_DEVNET, "exact"): solana,
            (BASE_SEPOLIA, "batch-settlement"): channels,
            (BASE_SEPOLIA, "exact"): base,
        }
    )


def test_a_rail_is_chosen_by_network_and_scheme(
    rails: RailsByWay, solana: FakeRail, base: FakeRail, channels: FakeRail
) -> None:
    assert rails.of(SOLANA_DEVNET, "exact") is solana
    assert rails.of(BASE_SEPOLIA, "exact") is base
    assert rails.of(BASE_SEPOLIA, "batch-settlement") is channels
    assert rails.all() == (solana, channels, base)


@pytest.mark.parametrize(
    ("network", "scheme"),
    [
        (SOLANA_DEVNET, "batch-settlement"),
        (SOLANA_DEVNET, "EXACT"),
        ("eip155:1", "exact"),
        ("", ""),
    ],
)
def test_what_nobody_set_up_is_an_offer_refused(
    rails: RailsByWay, network: str, scheme: str
) -> None:
    with pytest.raises(OfferRefused, match="cannot be paid here"):
        rails.of(network, scheme)


async def test_money_that_two_schemes_share_is_counted_once(rails: RailsByWay) -> None:
    found = await rails.wallets(None)

    assert {network: one.payer for network, one in found.items()} == {
        SOLANA_DEVNET: "solana wallet",
        BASE_SEPOLIA: "base wallet",
    }
    assert found[BASE_SEPOLIA].balance.base_units == 5
    assert found[SOLANA_DEVNET].balance.asset == USDC_DEVNET


@pytest.mark.parametrize(
    ("own", "network"), [(OUTSIDE_SVM, SOLANA_DEVNET), (OUTSIDE_EVM, BASE_SEPOLIA)]
)
async def test_a_persons_own_wallet_pays_on_its_own_chains_only(
    rails: RailsByWay, own: str, network: str
) -> None:
    found = await rails.wallets(own)

    assert {where: one.payer for where, one in found.items()} == {network: own}


async def test_an_installation_without_a_wallet_spends_nothing_of_its_own() -> None:
    rails = RailsByWay({(SOLANA_DEVNET, "exact"): FakeRail(payer=None)})

    assert await rails.wallets(None) == {}
    assert list(await rails.wallets(OUTSIDE_SVM)) == [SOLANA_DEVNET]


async def test_a_wallet_that_was_never_funded_hides_no_other(base: FakeRail) -> None:
    rails = RailsByWay({(SOLANA_DEVNET, "exact"): Empty(), (BASE_SEPOLIA, "exact"): base})

    assert list(await rails.wallets(None)) == [BASE_SEPOLIA]
