"""What thinking costs behind OpenAI's protocol: by whose machine it happens on."""

import pytest

from activities.planning.prices_openai import DEAREST, RATES, price_of

OPENAI = "https://api.openai.com/v1/"


@pytest.mark.parametrize("model", ["gpt-6.1-terra", "gpt-6.1-terra-2026-10-26"])
def test_a_model_of_openais_costs_what_its_row_says(model: str) -> None:
    price = price_of(model, base_url=OPENAI)

    assert price.rates == RATES["gpt-6.1-terra"]
    assert not price.note


def test_an_unknown_model_of_openais_is_never_thought_cheap() -> None:
    price = price_of("gpt-99", base_url=OPENAI)

    assert price.rates == DEAREST
    assert "upper estimate" in price.note
    assert all(DEAREST[part] >= row[part] for row in RATES.values() for part in range(4))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:8000",
        "http://[::1]:1/v1",
        "http://10.0.0.7/v1",
        "http://ollama:11434/v1",
        "http://gpu.internal/v1",
    ],
)
def test_a_machine_of_ones_own_costs_nothing_and_says_so(url: str) -> None:
    price = price_of("gpt-6-astra", base_url=url)

    assert set(price.rates) == {0}
    assert "cost nothing here" in price.note
    assert "not known" not in price.note


@pytest.mark.parametrize(
    "url",
    ["https://models.example/v1", "https://api.openai.com.evil.example/v1", "https://9.9.9.9"],
)
def test_a_strangers_server_does_not_pass_for_free(url: str) -> None:
    price = price_of("llama", base_url=url)

    assert "what its provider charges is not known" in price.note
