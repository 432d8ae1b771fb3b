"""Requests where one answer decides what happens next."""

from typing import Final

from tests.evals.asking import Asked, Goal, Shape, goal, named, need, shape


def _if(identity: str, text: str, goals: tuple[Goal, ...], *shapes: Shape) -> Asked:
    return Asked(id=identity, text=text, kind="conditional", goals=goals, shapes=shapes)


_NOTE: Final = need(
    "note",
    "s.send.email",
    given=("manager@inn.example",),
    only_if="mood",
    runs_after={"label": "negative", "score": -0.8, "emotions": ["anger"]},
    rests_after={"label": "positive", "score": 0.9, "emotions": ["joy"]},
)

IFS: Final[tuple[Asked, ...]] = (
    _if(
        "s-report-phish",
        "Is http://post-parcel-fee.example/pay a scam site? If it turns out malicious, e-mail "
        "abuse@registrar.example about it; otherwise leave them in peace.",
        (goal("s.sec.phishing"), goal("s.send.email")),
        shape(
            need("verdict", "s.sec.phishing", given=("http://post-parcel-fee.example/pay",)),
            need(
                "report",
                "s.send.email",
                given=("abuse@registrar.example",),
                only_if="verdict",
                runs_after={
                    "verdict": "malicious",
                    "malicious": True,
                    "score": 98,
                    "engines_flagged": 31,
                },
                rests_after={
                    "verdict": "safe",
                    "malicious": False,
                    "score": 1,
                    "engines_flagged": 0,
                },
            ),
        ),
    ),
    _if(
        "s-huskies",
        "Check the temperature in Rovaniemi. If it's colder than -15 °C right now, text "
        "+358401234567: 'Bring the dogs in.'",
        (goal("s.weather.now"), goal("s.send.sms")),
        shape(
            need(
                "cold",
                "s.weather.now",
                given=(("Rovaniemi", "Rovaniemi, Finland", "Rovaniemi, FI"),),
            ),
            need(
                "text",
                "s.send.sms",
                given=("+358401234567", "Bring the dogs in."),
                only_if="cold",
                runs_after={
                    "temperature": -22,
                    "wind_speed": 2,
                    "humidity": 80,
                    "conditions": "clear",
                    "station": "Rovaniemi",
                    "observed_at": "2026-11-21T06:00:00Z",
                    "current": {"temp_c": -22, "wind_ms": 2, "rain_mm": 0, "text": "clear"},
                },
                rests_after={
                    "temperature": -3,
                    "wind_speed": 2,
                    "humidity": 80,
                    "conditions": "snow",
                    "station": "Rovaniemi",
                    "observed_at": "2026-11-21T06:00:00Z",
                    "current": {"temp_c": -3, "wind_ms": 2, "rain_mm": 0, "text": "snow"},
                },
            ),
        ),
    ),
    _if(
        "s-sol-cast",
        "if SOL is below 120 usd cast 'Solana is on sale again' on farcaster, else do nothing",
        (goal("s.coin.price"), goal("s.social.cast")),
        shape(
            need("price", "s.coin.price", given=(("SOL", "solana"),)),
            need(
                "cast",
                "s.social.cast",
                given=("Solana is on sale again",),
                only_if="price",
                runs_after={
                    "price": 98.5,
                    "change_24h_pct": -7.1,
                    "as_of": "2026-11-21T10:00:00Z",
                    "liquidity_usd": 9e8,
                },
                rests_after={
                    "price": 180.2,
                    "change_24h_pct": 1.0,
                    "as_of": "2026-11-21T10:00:00Z",
                    "liquidity_usd": 9e8,
                },
            ),
        ),
    ),
    _if(
        "s-upload-upscale",
        "A visitor uploaded https://up.prints.example/u/5120.jpg. Make it 4 times larger, but "
        "only when there is nothing indecent in it.",
        (goal("s.vision.nsfw"), goal("s.vision.upscale")),
        shape(
            need("decent", "s.vision.nsfw", given=("https://up.prints.example/u/5120.jpg",)),
            need(
                "larger",
                "s.vision.upscale",
                given=("https://up.prints.example/u/5120.jpg", named("factor", 4)),
                only_if="decent",
                runs_after={"nsfw": False, "score": 0.01, "labels": []},
                rests_after={"nsfw": True, "score": 0.97, "labels": ["nudity"]},
            ),
        ),
    ),
    _if(
        "s-vat-then-bill",
        "Verify VAT number PL5260250995. When it is in order, issue an invoice from Nordlys AS to "
        "Wisla Sp. z o.o. for 'Sensor calibration', 1,800 EUR. When it is not, issue nothing.",
        (goal("s.gov.vat"), goal("s.docs.make-invoice")),
        shape(
            need("vat", "s.gov.vat", given=("PL5260250995",)),
            need(
                "bill",
                "s.docs.make-invoice",
                given=("Nordlys AS", "Wisla Sp. z o.o.", "EUR"),
                only_if="vat",
                runs_after={
                    "valid": True,
                    "name": "WISLA SP. Z O.O.",
                    "address": "Warszawa",
                    "is_valid": True,
                    "trader_name": "WISLA SP. Z O.O.",
                    "checked_at": "2026-11-21T10:00:00Z",
                },
                rests_after={
                    "valid": False,
                    "name": "",
                    "address": "",
                    "is_valid": False,
                    "trader_name": "",
                    "checked_at": "2026-11-21T10:00:00Z",
                },
            ),
        ),
    ),
    _if(
        "s-sorento",
        "Look up safety recalls for the Kia Sorento, model year 2019. Should there be any, write "
        "to fleet@carpool.example that our car must go to the garage.",
        (goal("s.cars.recalls"), goal("s.send.email")),
        shape(
            need("recalls", "s.cars.recalls", given=("Kia", "Sorento", 2019)),
            need(
                "mail",
                "s.send.email",
                given=("fleet@carpool.example",),
                only_if="recalls",
                runs_after={
                    "open_recalls": 1,
                    "recalls": [
                        {
                            "id": "20V100",
                            "component": "HECU",
                            "summary": "Short circuit",
                            "remedy": "Replace fuse",
                        }
                    ],
                },
                rests_after={"open_recalls": 0, "recalls": []},
            ),
        ),
    ),
    _if(
        "s-guest-review",
        "Guest wrote: 'Das Zimmer war kalt und niemand kam.' If that's negative, forward a note "
        "to manager@inn.example.",
        (goal("s.lang.sentiment"), goal("s.send.email")),
        shape(
            need("mood", "s.lang.sentiment", given=("Das Zimmer war kalt und niemand kam.",)),
            _NOTE,
        ),
        shape(
            need("english", "s.lang.translate", given=("Das Zimmer war kalt und niemand kam.",)),
            need("mood", "s.lang.sentiment", feeds_on=("english",)),
            _NOTE,
        ),
    ),
)
