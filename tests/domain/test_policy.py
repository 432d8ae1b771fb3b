"""What an installation may spend, on whom, and how fast."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.chains import (
    BASE_SEPOLIA,
    SOLANA_DEVNET,
    SOLANA_MAINNET,
    USDC_BASE_SEPOLIA,
    USDC_DEVNET,
    usdc_on,
)
from domain.money import Amount
from domain.policy import (
    Cap,
    Caps,
    CapScope,
    Names,
    SpendPolicy,
    Window,
    approvals_needed,
    caps_at,
    host_of,
    loss_allowance,
    policy_problem,
)
from tests.fakes.builders import EVM_SELLER, NOW, SELLER, evm_terms, terms, usdc

URL = "https://api.weather.example/run"
MIDNIGHT = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
MOMENT = timedelta(microseconds=1)

ALL_CAPS = Caps(
    payment="1.00",
    step="2.00",
    run="3.00",
    service_per_day="4.00",
    host_per_day="5.00",
    day="6.00",
    window=Window(seconds=3_600, amount="0.50"),
)

evm_addresses = st.text("0123456789abcdefABCDEF", min_size=40, max_size=40).map("0x".__add__)


def caps(now: datetime = NOW, **changes: Any) -> tuple[Cap, ...]:
    policy = SpendPolicy(caps=Caps(**changes) if changes else ALL_CAPS)
    return caps_at(policy, run_cap=usdc("9.00"), now=now)


def problem(
    url: str = URL, *, allow: Names | None = None, deny: Names | None = None, **fields: Any
) -> str | None:
    policy = SpendPolicy(allow=allow or Names(), deny=deny or Names())
    return policy_problem(policy, url=url, terms=terms(**fields))


def test_without_rules_only_the_runs_own_cap_holds() -> None:
    (only,) = caps_at(SpendPolicy(), run_cap=usdc("9.00"), now=NOW)

    assert (only.scope, only.limit, only.since) == (CapScope.RUN, usdc("9.00"), None)
    assert only.name == "the run's approved 9.00 USDC"


def test_each_cap_adds_up_its_own_payments_since_its_own_moment() -> None:
    hour_ago = NOW - timedelta(hours=1)

    assert [(cap.scope, cap.limit.to_decimal(), cap.since) for cap in caps()] == [
        (CapScope.RUN, "9.00", None),
        (CapScope.PAYMENT, "1.00", None),
        (CapScope.STEP, "2.00", None),
        (CapScope.RUN, "3.00", None),
        (CapScope.SERVICE, "4.00", MIDNIGHT),
        (CapScope.HOST, "5.00", MIDNIGHT),
        (CapScope.INSTALLATION, "6.00", MIDNIGHT),
        (CapScope.INSTALLATION, "0.50", hour_ago),
    ]
    assert len({cap.name for cap in caps()}) == len(caps())


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (MIDNIGHT - MOMENT, MIDNIGHT - timedelta(days=1)),
        (MIDNIGHT, MIDNIGHT),
        (MIDNIGHT + MOMENT, MIDNIGHT),
        (MIDNIGHT + timedelta(days=1) - MOMENT, MIDNIGHT),
        (MIDNIGHT + timedelta(days=1), MIDNIGHT + timedelta(days=1)),
    ],
)
def test_a_day_begins_at_midnight_and_lasts_to_the_next(now: datetime, since: datetime) -> None:
    assert [cap.since for cap in caps(now, day="1.00")] == [None, since]


@given(
    seconds=st.integers(1, 90 * 86_400),
    offset=st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_a_window_is_exactly_as_long_as_told_across_days(seconds: int, offset: timedelta) -> None:
    now = NOW + offset

    _, window = caps(now, window=Window(seconds=seconds, amount="1.00"))

    assert window.since == now - timedelta(seconds=seconds)


@given(offset=st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_day_never_reaches_back_further_than_a_day(offset: timedelta) -> None:
    now = NOW + offset

    _, day = caps(now, day="1.00")

    assert day.since is not None
    assert timedelta(0) <= now - day.since < timedelta(days=1)
    assert day.since.time() == MIDNIGHT.time()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (86_400, "1.00 USDC per day"),
        (3 * 86_400, "1.00 USDC per 3 days"),
        (3_600, "1.00 USDC per hour"),
        (90 * 60, "1.00 USDC per 90 minutes"),
        (61, "1.00 USDC per 61 seconds"),
    ],
)
def test_a_window_is_named_in_words(seconds: int, said: str) -> None:
    assert caps(window=Window(seconds=seconds, amount="1.00"))[-1].name == said


def test_caps_are_in_the_token_that_the_run_spends() -> None:
    run_cap = Amount.from_decimal("9", usdc_on(BASE_SEPOLIA))

    found = caps_at(SpendPolicy(caps=ALL_CAPS), run_cap=run_cap, now=NOW)

    assert all(cap.limit.asset == USDC_BASE_SEPOLIA for cap in found)


@pytest.mark.parametrize(
    "content",
    [
        {"cap": {}},
        {"caps": {"per_day": "1.00"}},
        {"allow": {"host": ["a.example"]}},
        {"deny": {"payto": ["x"]}},
        {"caps": {"window": {"seconds": 60, "amount": "1.00", "per": "host"}}},
        {"version": 2},
        {"first_seen_payee": "refuse"},
    ],
)
def test_a_rule_that_is_not_known_is_an_error(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SpendPolicy.model_validate(content)


@pytest.mark.parametrize(
    "content",
    [
        {"caps": {"day": "lots"}},
        {"caps": {"day": "-1"}},
        {"caps": {"day": 2.5}},
        {"caps": {"day": "0.0000001"}},
        {"caps": {"window": {"seconds": 0, "amount": "1.00"}}},
        {"caps": {"window": {"seconds": 91 * 86_400, "amount": "1.00"}}},
        {"max_timeout_seconds": 0},
        {"max_timeout_seconds": 301},
        {"two_approvals_above": "many"},
        {"loss_allowance": ""},
    ],
)
def test_a_limit_that_cannot_be_is_an_error(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SpendPolicy.model_validate(content)


@pytest.mark.parametrize(
    "names",
    [
        {"hosts": ["https://evil.example"]},
        {"hosts": ["*.evil.example"]},
        {"hosts": [".evil.example"]},
        {"hosts": ["evil.example/pay"]},
        {"hosts": ["evil.example:443"]},
        {"hosts": ["evil.example."]},
        {"hosts": [""]},
        {"hosts": ["bücher.example"]},
        {"networks": ["base"]},
        {"networks": ["solana-devnet"]},
        {"networks": ["eip155:"]},
    ],
)
@pytest.mark.parametrize("side", ["allow", "deny"])
def test_a_name_that_could_match_nothing_is_an_error(side: str, names: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="write it like"):
        SpendPolicy.model_validate({side: names})


def test_a_policys_digest_is_of_every_rule() -> None:
    changed: list[dict[str, Any]] = [
        {"caps": Caps(day="1.00")},
        {"allow": Names(hosts=("a.example",))},
        {"deny": Names(hosts=("a.example",))},
        {"max_timeout_seconds": 60},
        {"first_seen_payee": "hold"},
        {"changed_payee": "refuse"},
        {"loss_allowance": "0.01"},
        {"two_approvals_above": "1.00"},
    ]

    digests = {SpendPolicy.model_validate(change).digest for change in ({}, *changed)}
    assert len(digests) == len(changed) + 1
    assert {name for change in changed for name in change} | {"version"} == set(
        SpendPolicy.model_fields
    )


def test_without_rules_everything_may_be_paid() -> None:
    assert problem() is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (Names(hosts=("weather.example",)), "forbids host api.weather.example"),
        (Names(pay_to=(SELLER,)), f"forbids payee {SELLER}"),
        (Names(networks=(SOLANA_DEVNET,)), f"forbids network {SOLANA_DEVNET}"),
        (Names(assets=(USDC_DEVNET.address,)), f"forbids asset {USDC_DEVNET.address}"),
    ],
)
def test_what_is_denied_is_not_paid_even_where_it_is_allowed(names: Names, said: str) -> None:
    assert said in (problem(deny=names) or "")
    assert said in (problem(deny=names, allow=names) or "")
    assert problem(allow=names) is None


@pytest.mark.parametrize(
    "names",
    [
        Names(hosts=("other.example",)),
        Names(pay_to=("Other111",)),
        Names(networks=(SOLANA_MAINNET,)),
        Names(assets=("Other111",)),
    ],
)
def test_a_list_that_is_not_empty_admits_nothing_else(names: Names) -> None:
    assert "not among those the policy allows" in (problem(allow=names) or "")
    assert problem(deny=names) is None


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("weather.example", True),
        ("api.weather.example", True),
        ("a.b.weather.example", True),
        ("WEATHER.example", True),
        ("weather.example.", True),
        ("api.weather.example.", True),
        ("user:pass@weather.example", True),
        ("weather.example:8443", True),
        ("WEATHER\uff0eEXAMPLE", True),
        ("evilweather.example", False),
        ("weather.example.evil.test", False),
        ("weather.example@evil.test", False),
        ("example", False),
    ],
)
def test_a_host_names_itself_and_everything_below_it(host: str, *, covered: bool) -> None:
    names = Names(hosts=("Weather.example",))

    assert (problem(f"https://{host}/run", deny=names) is not None) is covered
    assert (problem(f"https://{host}/run", allow=names) is None) is covered


@pytest.mark.parametrize("url", ["", "/run", "https:///run", "https://[::1/run", "mailto:a@b.c"])
def test_an_address_without_a_host_is_never_paid(url: str) -> None:
    assert problem(url) == "the address names no host"


@given(host=st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}", fullmatch=True))
def test_no_spelling_of_a_host_is_another_host(host: str) -> None:
    spellings = (host, host.upper(), f"{host}.", f"u@{host}", f"{host}:443")

    assert {host_of(f"https://{spelling}/x?y#z") for spelling in spellings} == {host}


def test_a_name_of_another_script_is_compared_by_its_ascii_form() -> None:
    names = Names(hosts=("xn--bcher-kva.example",))

    for spelling in ("bücher.example", "BÜCHER.example", "xn--bcher-kva.example"):
        assert problem(f"https://{spelling}/", deny=names) is not None


@given(address=evm_addresses, data=st.data())
def test_an_evm_payee_is_the_same_in_any_case(address: str, data: st.DataObject) -> None:
    spelling = data.draw(st.sampled_from([address, address.lower(), "0x" + address[2:].upper()]))
    policy = SpendPolicy(deny=Names(pay_to=(spelling,)))

    found = policy_problem(policy, url=URL, terms=evm_terms(pay_to=address))

    assert found == f"the policy forbids payee {address.lower()}"


def test_evm_assets_are_the_same_in_any_case_and_solana_addresses_are_not() -> None:
    shouted = "0x" + USDC_BASE_SEPOLIA.address[2:].upper()
    allowed = SpendPolicy(allow=Names(assets=(shouted,), pay_to=(EVM_SELLER.upper(),)))

    assert policy_problem(allowed, url=URL, terms=evm_terms()) is None
    assert problem(deny=Names(pay_to=(SELLER.lower(),))) is None
    assert problem(allow=Names(pay_to=(SELLER.lower(),))) is not None


def test_one_list_may_name_payees_of_both_chains() -> None:
    both = SpendPolicy(allow=Names(pay_to=(SELLER, EVM_SELLER)))

    assert policy_problem(both, url=URL, terms=terms()) is None
    assert policy_problem(both, url=URL, terms=evm_terms()) is None


@pytest.mark.parametrize(("seconds", "fine"), [(59, True), (60, True), (61, False)])
def test_a_signature_stays_good_no_longer_than_allowed(seconds: int, *, fine: bool) -> None:
    policy = SpendPolicy(max_timeout_seconds=60)

    found = policy_problem(policy, url=URL, terms=terms(max_timeout_seconds=seconds))

    assert (found is None) is fine
    assert fine or found == "a signature good for 61 s is asked, the policy allows 60 s"


@given(units=st.integers(0, 2_000_000))
@example(units=1_000_000)
@example(units=1_000_001)
def test_one_payment_is_never_above_its_cap(units: int) -> None:
    policy = SpendPolicy(caps=Caps(payment="1.00"))

    for asked in (terms(base_units=units), evm_terms(base_units=units)):
        assert (policy_problem(policy, url=URL, terms=asked) is None) == (units <= 1_000_000)


@given(units=st.integers(0, 4_000_000))
@example(units=2_000_000)
@example(units=2_000_001)
def test_two_people_approve_what_is_above_the_limit(units: int) -> None:
    cap = Amount(asset=USDC_DEVNET, base_units=units)
    policy = SpendPolicy(two_approvals_above="2.00")

    assert approvals_needed(policy, cap) == (2 if units > 2_000_000 else 1)
    assert approvals_needed(SpendPolicy(), cap) == 1


def test_nothing_may_be_lost_unless_the_policy_says_so() -> None:
    assert loss_allowance(SpendPolicy(), USDC_DEVNET) == usdc("0")
    assert loss_allowance(SpendPolicy(loss_allowance="0.25"), USDC_DEVNET) == usdc("0.25")
