"""Requests of which a part is to be done in one case alone."""

from typing import Final

from tests.evals.asking import Asked, goal, need, shape
from tests.evals.third.several import town

IFS: Final[tuple[Asked, ...]] = (
    Asked(
        id="t-delhi-text",
        text='Check the air in Delhi. If the AQI is above 150, text +919810012345: "Training is '
        'indoors today."',
        kind="conditional",
        goals=(goal("t.air.quality"), goal("t.send.sms")),
        shapes=(
            shape(
                need("air", "t.air.quality", given=(town("Delhi", "India", "IN"),)),
                need(
                    "text",
                    "t.send.sms",
                    given=("+919810012345", "Training is indoors today"),
                    only_if="air",
                    runs_after={
                        "aqi": 212,
                        "index": 212,
                        "category": "very unhealthy",
                        "dominant": "pm25",
                        "pm25": 160.0,
                        "pm10": 240.0,
                        "ozone": 20.0,
                    },
                    rests_after={
                        "aqi": 88,
                        "index": 88,
                        "category": "moderate",
                        "dominant": "pm25",
                        "pm25": 30.0,
                        "pm10": 60.0,
                        "ozone": 20.0,
                    },
                ),
            ),
        ),
    ),
    Asked(
        id="t-site-down",
        text="Is https://tickets.opera.example up? Only if it isn't, mail ops@opera.example, "
        'subject "Box office", text "The ticket site is down."',
        kind="conditional",
        goals=(goal("t.web.up"), goal("t.send.mail")),
        shapes=(
            shape(
                need("probe", "t.web.up", given=("https://tickets.opera.example",)),
                need(
                    "mail",
                    "t.send.mail",
                    given=("ops@opera.example", "The ticket site is down"),
                    only_if="probe",
                    runs_after={
                        "up": False,
                        "status_code": 503,
                        "latency_ms": 900,
                        "regions_failing": ["eu", "us"],
                    },
                    rests_after={
                        "up": True,
                        "status_code": 200,
                        "latency_ms": 120,
                        "regions_failing": [],
                    },
                ),
            ),
        ),
    ),
    Asked(
        id="t-safe-shot",
        text="First see whether http://win-a-caravan.example/claim is dangerous. If it's "
        "harmless take a screenshot of it, otherwise leave it alone.",
        kind="conditional",
        goals=(goal("t.sec.url"), goal("t.web.screenshot")),
        shapes=(
            shape(
                need("check", "t.sec.url", given=("http://win-a-caravan.example/claim",)),
                need(
                    "shot",
                    "t.web.screenshot",
                    given=("http://win-a-caravan.example/claim",),
                    only_if="check",
                    runs_after={
                        "malicious": False,
                        "score": 0.01,
                        "reasons": [],
                        "verdict": "safe",
                        "threats": [],
                    },
                    rests_after={
                        "malicious": True,
                        "score": 0.97,
                        "reasons": ["phishing"],
                        "verdict": "malicious",
                        "threats": ["phishing"],
                    },
                ),
            ),
        ),
    ),
    Asked(
        id="t-btc-dip",
        text="if bitcoin is under 60000 usd right now email me at lars@vik.example, subject "
        '"BTC", saying "Below sixty". if not, do nothing',
        kind="conditional",
        goals=(goal("t.token.price"), goal("t.send.mail")),
        shapes=(
            shape(
                need("price", "t.token.price", given=(("BTC", "bitcoin"),)),
                need(
                    "mail",
                    "t.send.mail",
                    given=("lars@vik.example", "Below sixty"),
                    only_if="price",
                    runs_after={
                        "asset": "BTC",
                        "usd": 51_200.0,
                        "price": 51_200.0,
                        "change_24h_pct": -4.0,
                        "change24h": -4.0,
                        "market_cap": 1.0e12,
                        "ts": 1_795_000_000,
                    },
                    rests_after={
                        "asset": "BTC",
                        "usd": 74_900.0,
                        "price": 74_900.0,
                        "change_24h_pct": -4.0,
                        "change24h": -4.0,
                        "market_cap": 1.4e12,
                        "ts": 1_795_000_000,
                    },
                ),
            ),
        ),
    ),
    Asked(
        id="t-late-driver",
        text="Look up flight SK4415. Should it be more than 45 minutes late, send an SMS to "
        '+4790011223 with "Come later, the plane is delayed".',
        kind="conditional",
        goals=(goal("t.travel.flight"), goal("t.send.sms")),
        shapes=(
            shape(
                need("flight", "t.travel.flight", given=(("SK4415", "SK 4415"),)),
                need(
                    "text",
                    "t.send.sms",
                    given=(("+4790011223", "4790011223"), "Come later, the plane is delayed"),
                    only_if="flight",
                    runs_after={
                        "status": "delayed",
                        "state": "delayed",
                        "delay_min": 80,
                        "minutes_late": 80,
                        "departs": "10:20",
                        "arrives": "11:15",
                        "eta": "12:35",
                        "gate": "B4",
                    },
                    rests_after={
                        "status": "delayed",
                        "state": "delayed",
                        "delay_min": 20,
                        "minutes_late": 20,
                        "departs": "10:20",
                        "arrives": "11:15",
                        "eta": "11:35",
                        "gate": "B4",
                    },
                ),
            ),
        ),
    ),
    Asked(
        id="t-toxic-comment",
        text='A reader wrote: "You lot should be thrown in the canal". Run it through '
        "moderation, and if it gets flagged mail it to mods@gazette.example, subject "
        '"Comment".',
        kind="conditional",
        goals=(goal("t.text.moderate", part=("t.text.sentiment",)), goal("t.send.mail")),
        shapes=(
            shape(
                need(
                    "verdict", "t.text.moderate", given=("You lot should be thrown in the canal",)
                ),
                need(
                    "mail",
                    "t.send.mail",
                    given=("mods@gazette.example",),
                    only_if="verdict",
                    runs_after={"flagged": True, "categories": ["violence"], "toxicity": 0.93},
                    rests_after={"flagged": False, "categories": [], "toxicity": 0.03},
                ),
            ),
        ),
    ),
)
