"""Requests over several things of a kind."""

from typing import Final

from tests.evals.asking import Asked, goal, named, need, shape
from tests.evals.third.several import apiece, town

_THANKS: Final = "Thank you for visiting our stand"
_SHOTS: Final = (
    "https://img.arden.example/1.jpg",
    "https://img.arden.example/2.jpg",
    "https://img.arden.example/3.jpg",
)

EACH: Final[tuple[Asked, ...]] = (
    Asked(
        id="t-three-cities",
        text="Current temperature for Oslo, Bergen and Rome",
        kind="each",
        goals=(goal("t.weather.now", part=("t.weather.now-at",)),),
        shapes=apiece(
            "weather",
            "t.weather.now",
            of=(
                town("Oslo", "Norway", "NO"),
                town("Bergen", "Norway", "NO"),
                town("Rome", "Italy", "IT"),
            ),
        ),
    ),
    Asked(
        id="t-three-shares",
        text="I hold AAPL, MSFT and ASML. What does each trade at?",
        kind="each",
        goals=(goal("t.stock.quote"),),
        shapes=apiece("quote", "t.stock.quote", of=("AAPL", "MSFT", "ASML")),
    ),
    Asked(
        id="t-vat-batch",
        text="Dear team, kindly verify these VAT IDs before we invoice: IE9513674T, "
        "DE811907980, NL820646660B01.",
        kind="each",
        goals=(goal("t.gov.vat"),),
        shapes=apiece("check", "t.gov.vat", of=("IE9513674T", "DE811907980", "NL820646660B01")),
    ),
    Asked(
        id="t-bounces",
        text="will these bounce?\nkim@lumen.example\ninfo@tarn.example\nzoe.p@hexley.example",
        kind="each",
        goals=(goal("t.mail.verify"),),
        shapes=apiece(
            "check",
            "t.mail.verify",
            of=("kim@lumen.example", "info@tarn.example", "zoe.p@hexley.example"),
        ),
    ),
    Asked(
        id="t-stand-languages",
        text=f'For the trade fair banner: "{_THANKS}" in French, Italian and Dutch.',
        kind="each",
        goals=(goal("t.lang.translate"),),
        shapes=apiece(
            "translation",
            "t.lang.translate",
            fixed=(_THANKS,),
            of=(
                named("to|target", "fr", "French"),
                named("to|target", "it", "Italian"),
                named("to|target", "nl", "Dutch"),
            ),
        ),
    ),
    Asked(
        id="t-three-captions",
        text=f"Describe each of these photos for blind readers: {', '.join(_SHOTS)}",
        kind="each",
        goals=(goal("t.image.describe"),),
        shapes=apiece("caption", "t.image.describe", of=_SHOTS),
    ),
    Asked(
        id="t-sourdough-moods",
        text="Find recent posts about #sourdoughfail and tell me for each one whether the tone is "
        "good or bad",
        kind="each",
        goals=(goal("t.social.posts"), goal("t.text.sentiment")),
        shapes=(
            shape(
                need("posts", "t.social.posts"),
                need("mood", "t.text.sentiment", feeds_on=("posts",), each=True),
            ),
        ),
    ),
    Asked(
        id="t-news-digests",
        text="Search the press for tidal power, open every article it finds and write me a "
        "digest of each one.",
        kind="each",
        goals=(
            goal("t.news.search", part=("t.web.search",)),
            goal("t.web.read"),
            goal("t.text.summarise"),
        ),
        shapes=(
            shape(
                need("news", "t.news.search"),
                need("pages", "t.web.read", feeds_on=("news",), each=True),
                need("digests", "t.text.summarise", feeds_on=("pages",), each=True),
            ),
        ),
    ),
    Asked(
        id="t-three-cves",
        text="We got a pentest report naming CVE-2023-44487, CVE-2021-3156 and CVE-2022-0847. "
        "Pull up the facts on all of them.",
        kind="each",
        goals=(goal("t.sec.cve"),),
        shapes=apiece(
            "facts", "t.sec.cve", of=("CVE-2023-44487", "CVE-2021-3156", "CVE-2022-0847")
        ),
    ),
    Asked(
        id="t-two-flights",
        text="mum is on LH1234 and dad on KL1107 - either of them late?",
        kind="each",
        goals=(goal("t.travel.flight"),),
        shapes=apiece("flight", "t.travel.flight", of=("LH1234", "KL1107")),
    ),
    Asked(
        id="t-hits-japanese",
        text="Web search: best onsen towns in winter. Then translate every result's snippet "
        "into Japanese.",
        kind="each",
        goals=(goal("t.web.search"), goal("t.lang.translate")),
        shapes=(
            shape(
                need("hits", "t.web.search"),
                need(
                    "japanese",
                    "t.lang.translate",
                    given=(named("to|target", "ja", "Japanese", "ja-JP"),),
                    feeds_on=("hits",),
                    each=True,
                ),
            ),
        ),
    ),
)
