"""What models cost that speak OpenAI's protocol: at OpenAI by its price list, else nothing here."""

import ipaddress
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from activities.planning.pricing import FREE, Rates

OPENAI_HOST: Final = "api.openai.com"

RATES: Final = {
    "gpt-6-astra": Rates(10_000_000, 12_500_000, 1_000_000, 50_000_000),
    "gpt-6.1-sol": Rates(2_000_000, 2_500_000, 200_000, 10_000_000),
    "gpt-6.1-terra": Rates(1_000_000, 1_250_000, 50_000, 5_000_000),
    "gpt-6-sol": Rates(2_000_000, 2_500_000, 200_000, 10_000_000),
    "gpt-6-luna": Rates(100_000, 125_000, 10_000, 500_000),
    "gpt-5.6-sol": Rates(5_000_000, 6_250_000, 500_000, 30_000_000),
    "gpt-5.6-terra": Rates(2_000_000, 2_500_000, 200_000, 12_000_000),
    "gpt-5.6-luna": Rates(200_000, 250_000, 20_000, 1_200_000),
    "gpt-5.4": Rates(2_500_000, 2_500_000, 250_000, 15_000_000),
    "gpt-5.4-mini": Rates(750_000, 750_000, 75_000, 4_500_000),
    "gpt-5": Rates(1_250_000, 1_250_000, 125_000, 10_000_000),
}
"""By model, for prompts below 272,000 tokens, which a bounded prompt does not reach.

Source: OpenAI's pricing page and model pages as quoted in public in autumn 2026. Where only input
and output were to be found (6.1 Sol's cache), the rate is its predecessor's, which is no lower."""

DEAREST: Final = max(RATES.values(), key=lambda rates: rates.write)
"""What a model of OpenAI's without a row is charged at."""

_DATED: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class Price(NamedTuple):
    """Rates, and what a person should know of them."""

    rates: Rates
    note: str = ""


def price_of(model: str, *, base_url: str) -> Price:
    """Find what a model costs at the address that serves it."""
    host = urlsplit(base_url).hostname or ""
    if host != OPENAI_HOST:
        note = f"{model} runs at {host}: its tokens are counted, but cost nothing here"
        if not is_local(host):
            note += "; what its provider charges is not known"
        return Price(FREE, note)
    rates = RATES.get(_DATED.sub("", model))
    if rates is None:
        return Price(DEAREST, f"the cost of {model} is an upper estimate: its price is not known")
    return Price(rates)


def is_local(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name tells."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
