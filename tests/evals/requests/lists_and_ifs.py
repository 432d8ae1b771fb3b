"""Requests over several things of a kind, and requests that depend on an answer."""

from tests.evals.asking import Asked, Goal, Kind, Shape, goal, named, need, shape

_FORECAST = goal("weather.forecast", part=("gridcast",))
_HEADLINES = goal("news.headlines")


def _ask(kind: Kind, identity: str, text: str, goals: tuple[Goal, ...], *shapes: Shape) -> Asked:
    return Asked(id=identity, text=text, kind=kind, goals=goals, shapes=shapes)


EACH = (
    _ask(
        "each",
        "three-cities",
        "Weather forecast for Oslo, Bergen and Trondheim",
        (_FORECAST,),
        shape(
            need("first", "weather.forecast", given=("Oslo",)),
            need("second", "weather.forecast", given=("Bergen",)),
            need("third", "weather.forecast", given=("Trondheim",)),
        ),
    ),
    _ask(
        "each",
        "two-stocks",
        "compare the share price of MSFT and GOOG",
        (goal("stocks.quote"),),
        shape(
            need("one", "stocks.quote", given=("MSFT",)),
            need("other", "stocks.quote", given=("GOOG",)),
        ),
    ),
    _ask(
        "each",
        "two-coins",
        "price of BTC and ETH now",
        (goal("crypto.price"),),
        shape(
            need("one", "crypto.price", given=(("BTC", "bitcoin"),)),
            need("other", "crypto.price", given=(("ETH", "ethereum"),)),
        ),
    ),
    _ask(
        "each",
        "two-clocks",
        "What time is it in Tokyo and in New York?",
        (goal("timezoner"),),
        shape(
            need("one", "timezoner", given=("Tokyo",)),
            need("other", "timezoner", given=("New York",)),
        ),
    ),
    _ask(
        "each",
        "two-languages",
        'Translate "Thank you for your patience" into French and into Polish',
        (goal("text.translate"),),
        shape(
            need("one", "text.translate", given=("Thank you for your patience", ("French", "fr"))),
            need(
                "other", "text.translate", given=("Thank you for your patience", ("Polish", "pl"))
            ),
        ),
    ),
    _ask(
        "each",
        "headline-moods",
        "rate the sentiment of each of the latest headlines about inflation",
        (_HEADLINES, goal("text.sentiment")),
        shape(
            need("news", "news.headlines", given=("inflation",)),
            need("moods", "text.sentiment", feeds_on=("news",), each=True),
        ),
    ),
    _ask(
        "each",
        "read-results",
        'Search the web for "heat pump grants" and read the page of every result',
        (goal("web.search"), goal("web.read-page")),
        shape(
            need("found", "web.search", given=("heat pump grants",)),
            need("pages", "web.read-page", feeds_on=("found",), each=True),
        ),
    ),
    _ask(
        "each",
        "filings-read",
        "List the 10-K filings for NVDA and fetch each of their web pages as text",
        (goal("edgarly"), goal("web.read-page")),
        shape(
            need("filings", "edgarly", given=("NVDA", "10-K")),
            need("pages", "web.read-page", feeds_on=("filings",), each=True),
        ),
    ),
    _ask(
        "each",
        "podcast-transcripts",
        'Find podcast episodes about "longevity" and transcribe each one',
        (goal("podfinder"), goal("audio.transcribe")),
        shape(
            need("episodes", "podfinder", given=("longevity",)),
            need("words", "audio.transcribe", feeds_on=("episodes",), each=True),
        ),
    ),
    _ask(
        "each",
        "two-flights",
        "flight status for BA117 and LH400",
        (goal("gatecheck"),),
        shape(
            need("one", "gatecheck", given=("BA117",)),
            need("other", "gatecheck", given=("LH400",)),
        ),
    ),
    _ask(
        "each",
        "paper-texts",
        'Search papers on "coral bleaching" and extract the text of every PDF',
        (goal("arxivist"), goal("doc.pdf-text")),
        shape(
            need("papers", "arxivist", given=("coral bleaching",)),
            need("texts", "doc.pdf-text", feeds_on=("papers",), each=True),
        ),
    ),
)
"""The same for several things."""

IFS = (
    _ask(
        "conditional",
        "if-negative-mail",
        'Check the sentiment of "The delivery was late again" and if it is negative, email'
        ' help@example.org with subject "Unhappy customer" and body "Please call back"',
        (goal("text.sentiment"), goal("mail.send")),
        shape(
            need("mood", "text.sentiment", given=("The delivery was late again",)),
            need(
                "mail",
                "mail.send",
                given=(
                    "help@example.org",
                    named("subject", "Unhappy customer"),
                    named("body|text", "Please call back"),
                ),
                only_if="mood",
                runs_after={
                    "sentiment": "negative",
                    "label": "negative",
                    "score": -0.8,
                    "emotions": [],
                },
                rests_after={
                    "sentiment": "positive",
                    "label": "positive",
                    "score": 0.8,
                    "emotions": [],
                },
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-btc-sms",
        'get the BTC price and if it is above 100000 send an SMS to +4915112345678 saying "sell"',
        (goal("crypto.price"), goal("smsbird")),
        shape(
            need("price", "crypto.price", given=(("BTC", "bitcoin"),)),
            need(
                "sms",
                "smsbird",
                given=("+4915112345678", "sell"),
                only_if="price",
                runs_after={"price": 100_001, "price_usd": 100_001, "usd": 100_001},
                rests_after={"price": 99_999, "price_usd": 99_999, "usd": 99_999},
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-down-post",
        'Is https://shop.example/ up? If it is down, post "shop is down" to'
        " https://hooks.example.com/ops",
        (goal("statusping"), goal("hookcast")),
        shape(
            need("up", "statusping", given=("https://shop.example/",)),
            need(
                "post",
                "hookcast",
                given=("shop is down", "https://hooks.example.com/ops"),
                only_if="up",
                runs_after={"up": False, "checks": []},
                rests_after={"up": True, "checks": [{"place": "Rome", "ms": 90}]},
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-delayed-mail",
        'check flight LH400; if it\'s delayed, mail mum@example.org, subject "Late", body'
        ' "I will be late"',
        (goal("gatecheck"), goal("mail.send")),
        shape(
            need("flight", "gatecheck", given=("LH400",)),
            need(
                "mail",
                "mail.send",
                given=(
                    "mum@example.org",
                    named("subject", "Late"),
                    named("body|text", "I will be late"),
                ),
                only_if="flight",
                runs_after={"status": "delayed", "gate": "B4", "delay_minutes": 45},
                rests_after={"status": "on time", "gate": "B4", "delay_minutes": 0},
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-not-english",
        'Detect the language of "Guten Morgen zusammen" and, if it is not English, translate it to'
        " English",
        (goal("langdetect"), goal("text.translate")),
        shape(
            need("language", "langdetect", given=("Guten Morgen zusammen",)),
            need(
                "english",
                "text.translate",
                given=("Guten Morgen zusammen", named("to|target", "English", "en")),
                only_if="language",
                runs_after={"language": "German", "confidence": 0.98},
                rests_after={"language": "English", "confidence": 0.98},
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-safe-upscale",
        "Make sure https://pics.example/beach.jpg is safe (no nudity), and only if it is safe"
        " upscale"
        " it 2x",
        (goal("safeframe"), goal("upscalr")),
        shape(
            need("safe", "safeframe", given=("https://pics.example/beach.jpg",)),
            need(
                "large",
                "upscalr",
                given=("https://pics.example/beach.jpg", 2),
                only_if="safe",
                runs_after={"safe": True, "labels": []},
                rests_after={"safe": False, "labels": ["nudity"]},
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-smog",
        "look up the air quality in Delhi, and when the AQI is over 200 send a text message to"
        ' +919812345678: "wear a mask"',
        (goal("breathe-aqi"), goal("smsbird")),
        shape(
            need("air", "breathe-aqi", given=("Delhi",)),
            need(
                "sms",
                "smsbird",
                given=("+919812345678", "wear a mask"),
                only_if="air",
                runs_after={"aqi": 201, "category": "very unhealthy", "pm25": 150.5},
                rests_after={"aqi": 200, "category": "unhealthy", "pm25": 149.0},
            ),
        ),
    ),
    _ask(
        "conditional",
        "if-domain-free",
        'Is the domain my-new-idea.io available? If so design a logo for the brand "My New Idea"',
        (goal("domain-shop"), goal("logosmith")),
        shape(
            need("free", "domain-shop", given=("my-new-idea.io",)),
            need(
                "logo",
                "logosmith",
                given=("My New Idea",),
                only_if="free",
                runs_after={"available": True, "offers": []},
                rests_after={"available": False, "offers": []},
            ),
        ),
    ),
)
"""A step that only an answer allows."""
