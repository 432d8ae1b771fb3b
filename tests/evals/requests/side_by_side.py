"""Requests for several things that have nothing to do with each other."""

from tests.evals.asking import goal, multi, named, need, shape

REQUESTS = (
    multi(
        "trip-vienna",
        "I'm going to Vienna. Forecast for the next 5 days, hotels from 2026-12-05 to"
        " 2026-12-08, and"
        " a sightseeing itinerary.",
        (goal("weather.forecast", part=("gridcast",)), goal("bedfinder"), goal("cityguide")),
        shape(
            need("weather", "weather.forecast", given=("Vienna", 5)),
            need(
                "hotels",
                "bedfinder",
                given=("Vienna", named("in", "2026-12-05"), named("out", "2026-12-08")),
            ),
            need("guide", "cityguide", given=("Vienna",)),
        ),
    ),
    multi(
        "now-and-time",
        "current weather and local time in Auckland",
        (goal("weather.current"), goal("timezoner")),
        shape(
            need("weather", "weather.current", given=("Auckland",)),
            need("time", "timezoner", given=("Auckland",)),
        ),
    ),
    multi(
        "btc-and-gold",
        "give me the bitcoin price and the gold price",
        (goal("crypto.price"), goal("goldfix")),
        shape(
            need("coin", "crypto.price", given=(("BTC", "bitcoin"),)),
            need("gold", "goldfix", given=("gold",)),
        ),
    ),
    multi(
        "due-diligence",
        "Company profile of Stripe, its funding rounds, and a sanctions check on it",
        (goal("firmograph", part=("bizregister",)), goal("fundtrack"), goal("sanctionscan")),
        shape(
            need("profile", "firmograph", given=("Stripe",)),
            need("rounds", "fundtrack", given=("Stripe",)),
            need("screen", "sanctionscan", given=("Stripe",)),
        ),
    ),
    multi(
        "stock-brief",
        "For AAPL: current stock price, next earnings date, and the latest 10-K filings",
        (goal("stocks.quote"), goal("earnings-cal"), goal("edgarly")),
        shape(
            need("price", "stocks.quote", given=("AAPL",)),
            need("dates", "earnings-cal", given=("AAPL",)),
            need("filings", "edgarly", given=("AAPL", "10-K")),
        ),
    ),
    multi(
        "poster",
        'Write a slogan for a bakery called "Blue Fig" and design a logo for it',
        (goal("ghostpen"), goal("logosmith")),
        shape(
            need("slogan", "ghostpen", given=("slogan",)),
            need("logo", "logosmith", given=("Blue Fig",)),
        ),
    ),
    multi(
        "domain-report",
        "Check example.org: whois, DNS records and the TLS certificate",
        (goal("whois-now"), goal("dnsdig"), goal("tls-doctor")),
        shape(
            need("owner", "whois-now", given=("example.org",)),
            need("records", "dnsdig", given=("example.org",)),
            need("certificate", "tls-doctor", given=("example.org",)),
        ),
    ),
)
"""Two or three steps each."""
