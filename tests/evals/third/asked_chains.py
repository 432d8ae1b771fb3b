"""Requests that take services after one another or side by side."""

from typing import Final

from tests.evals.asking import Asked, goal, multi, named, need, shape
from tests.evals.third.several import town

_SPANISH: Final = named("to|target", "es", "Spanish", "es-ES")
_ENGLISH: Final = named("to|target", "en", "English", "en-GB", "en-US")
_ESSAY: Final = "https://quarterly.example/essays/the-slow-harbour"
_HEARING: Final = "https://audio.council.example/hearing-31.mp3"
_PLEDGE: Final = (
    "We, the founders of Aldermoor Coop, pledge one percent of revenue to the river trust."
)

CHAINS: Final[tuple[Asked, ...]] = (
    multi(
        "t-essay-short",
        f"Too long for me: {_ESSAY}. What's the essence?",
        (goal("t.web.read"), goal("t.text.summarise")),
        shape(
            need("page", "t.web.read", given=(_ESSAY,)),
            need("summary", "t.text.summarise", feeds_on=("page",)),
        ),
    ),
    multi(
        "t-essay-spanish",
        f"My colleague in Bogota reads only Spanish. Send me back a short Spanish digest of "
        f"{_ESSAY}",
        (goal("t.web.read"), goal("t.text.summarise"), goal("t.lang.translate")),
        shape(
            need("page", "t.web.read", given=(_ESSAY,)),
            need("summary", "t.text.summarise", feeds_on=("page",)),
            need("spanish", "t.lang.translate", given=(_SPANISH,), feeds_on=("summary",)),
        ),
        shape(
            need("page", "t.web.read", given=(_ESSAY,)),
            need("spanish", "t.lang.translate", given=(_SPANISH,), feeds_on=("page",)),
            need("summary", "t.text.summarise", feeds_on=("spanish",)),
        ),
    ),
    multi(
        "t-hearing-mail",
        f"Transcribe {_HEARING}, cut it to the main points and mail those to "
        f'clerk@council.example with the subject "Hearing 31".',
        (goal("t.voice.transcribe"), goal("t.text.summarise"), goal("t.send.mail")),
        shape(
            need("words", "t.voice.transcribe", given=(_HEARING,)),
            need("points", "t.text.summarise", feeds_on=("words",)),
            need(
                "mail",
                "t.send.mail",
                given=("clerk@council.example", "Hearing 31"),
                feeds_on=("points",),
            ),
        ),
    ),
    multi(
        "t-sign-english",
        "I took a photo of a sign in Korea: https://pics.trip.example/k/204.jpg - what does it "
        "mean in English? Spend 10 cents at most.",
        (goal("t.image.ocr", "t-retina-vqa"), goal("t.lang.translate", part=("t-retina-vqa",))),
        shape(
            need("sign", "t.image.ocr", given=("https://pics.trip.example/k/204.jpg",)),
            need("english", "t.lang.translate", given=(_ENGLISH,), feeds_on=("sign",)),
        ),
        shape(need("answer", "t-retina-vqa", given=("https://pics.trip.example/k/204.jpg",))),
    ),
    multi(
        "t-report-listen",
        "I'd rather listen than read. Take the report at "
        "https://docs.ngo.example/annual-2025.pdf, shorten it and read it out to me.",
        (goal("t.doc.pdf-text"), goal("t.text.summarise"), goal("t.voice.speak")),
        shape(
            need("report", "t.doc.pdf-text", given=("https://docs.ngo.example/annual-2025.pdf",)),
            need("short", "t.text.summarise", feeds_on=("report",)),
            need("speech", "t.voice.speak", feeds_on=("short",)),
        ),
    ),
    multi(
        "t-msft-line",
        "Line chart of Microsoft's (MSFT) daily closes, 1 October 2026 to 31 October 2026",
        (goal("t.stock.history"), goal("t.doc.chart")),
        shape(
            need("closes", "t.stock.history", given=("MSFT", "2026-10-01", "2026-10-31")),
            need("chart", "t.doc.chart", feeds_on=("closes",)),
        ),
    ),
    multi(
        "t-eth-bars",
        "plot ETH over the last 90 days",
        (goal("t.token.history", part=("t.token.price",)), goal("t.doc.chart")),
        shape(
            need("closes", "t.token.history", given=(("ETH", "Ethereum"), 90)),
            need("chart", "t.doc.chart", feeds_on=("closes",)),
        ),
    ),
    multi(
        "t-soil-farm",
        "We're buying land next to Hof Lindenau, 37318 Uder, Germany. What kind of soil is there "
        "and is it acid?",
        (goal("t.geo.code"), goal("t.farm.soil")),
        shape(need("point", "t.geo.code"), need("soil", "t.farm.soil", feeds_on=("point",))),
    ),
    multi(
        "t-height-potosi",
        "How high up is Potosi in Bolivia, in metres?",
        (goal("t.geo.code"), goal("t.geo.height")),
        shape(need("point", "t.geo.code"), need("height", "t.geo.height", feeds_on=("point",))),
    ),
    multi(
        "t-vin-recall",
        "Any open recalls for the car with chassis number 1FTFW1E50NFA12345?",
        (goal("t.car.recalls"), goal("t.car.vin")),
        shape(
            need("car", "t.car.vin", given=("1FTFW1E50NFA12345",)),
            need("recalls", "t.car.recalls", feeds_on=("car",)),
        ),
    ),
    multi(
        "t-jobs-excel",
        "Look for remote Rust developer jobs and give them to me as an Excel file",
        (goal("t.hr.jobs"), goal("t.doc.sheet")),
        shape(need("jobs", "t.hr.jobs"), need("sheet", "t.doc.sheet", feeds_on=("jobs",))),
    ),
    multi(
        "t-kyb",
        "Onboarding a new supplier, Brackwater Metals Ltd (GB). Pull the registry entry and run "
        "the name against the sanctions lists.",
        (goal("t.gov.company"), goal("t.gov.sanctions")),
        shape(
            need(
                "entry",
                "t.gov.company",
                given=("Brackwater Metals Ltd", named("country", "GB", "UK")),
            ),
            need("screening", "t.gov.sanctions", given=("Brackwater Metals Ltd",)),
        ),
        shape(
            need(
                "entry",
                "t.gov.company",
                given=("Brackwater Metals Ltd", named("country", "GB", "UK")),
            ),
            need("screening", "t.gov.sanctions", feeds_on=("entry",)),
        ),
    ),
    multi(
        "t-tsla-both",
        "TSLA: price now, and its latest 10-Q",
        (goal("t.stock.quote"), goal("t.stock.filings")),
        shape(
            need("price", "t.stock.quote", given=("TSLA",)),
            need("filing", "t.stock.filings", given=("TSLA", "10-Q")),
        ),
    ),
    multi(
        "t-redact-french",
        'Strip the personal data from "Anna Berg, born 3 May 1984, of 12 Mill Lane, rang about '
        'her knee" and then put what is left into French.',
        (goal("t.sec.redact"), goal("t.lang.translate")),
        shape(
            need(
                "clean",
                "t.sec.redact",
                given=("Anna Berg, born 3 May 1984, of 12 Mill Lane, rang about her knee",),
            ),
            need(
                "french",
                "t.lang.translate",
                given=(named("to|target", "fr", "French", "fr-FR"),),
                feeds_on=("clean",),
            ),
        ),
    ),
    multi(
        "t-sticker",
        "Make a sticker: a grinning avocado on a skateboard, with a see-through background.",
        (goal("t.image.make"), goal("t.image.cutout")),
        shape(
            need("picture", "t.image.make"),
            need("sticker", "t.image.cutout", feeds_on=("picture",)),
        ),
    ),
    multi(
        "t-risotto",
        "Friends coming for mushroom risotto. What wine goes with it, and how many calories does "
        "it have?",
        (goal("t.food.wine"), goal("t.food.nutrition")),
        shape(need("wine", "t.food.wine"), need("calories", "t.food.nutrition")),
    ),
    multi(
        "t-lesson-quiz",
        "I teach biology. Turn https://school.example/units/photosynthesis.pdf into a quiz of "
        "ten questions and give me that as a PDF to print.",
        (
            goal("t.doc.pdf-text"),
            goal("t.school.quiz", part=("t.school.cards",)),
            goal("t.doc.pdf"),
        ),
        shape(
            need(
                "unit", "t.doc.pdf-text", given=("https://school.example/units/photosynthesis.pdf",)
            ),
            need("quiz", "t.school.quiz", given=(10,), feeds_on=("unit",)),
            need("print", "t.doc.pdf", feeds_on=("quiz",)),
        ),
    ),
    multi(
        "t-away-match",
        "I follow Ajax everywhere. Find out in which city their next match is and what the "
        "weather will be like there.",
        (goal("t.sport.fixtures"), goal("t.weather.forecast", part=("t.weather.now",))),
        shape(
            need("match", "t.sport.fixtures", given=("Ajax",)),
            need("weather", "t.weather.forecast", feeds_on=("match",)),
        ),
    ),
    multi(
        "t-pledge-proof",
        f'Store "{_PLEDGE}" permanently on IPFS, and also get it timestamped on Solana.',
        (goal("t.chain.pin"), goal("t.chain.notarise")),
        shape(
            need("kept", "t.chain.pin", given=(_PLEDGE,)),
            need("proof", "t.chain.notarise", given=(_PLEDGE,)),
        ),
    ),
    multi(
        "t-lyrics-german",
        "What is 'La Foule' by Edith Piaf about? Get the words and put them into German.",
        (goal("t.music.lyrics"), goal("t.lang.translate")),
        shape(
            need("words", "t.music.lyrics", given=("La Foule", ("Edith Piaf", "Édith Piaf"))),
            need(
                "german",
                "t.lang.translate",
                given=(named("to|target", "de", "German", "de-DE"),),
                feeds_on=("words",),
            ),
        ),
    ),
    multi(
        "t-ship-where",
        "Off which town is the MS Nordlys at the moment?",
        (goal("t.ship.vessel"), goal("t.geo.reverse")),
        shape(
            need("ship", "t.ship.vessel", given=(("MS Nordlys", "Nordlys", "NORDLYS"),)),
            need("town", "t.geo.reverse", feeds_on=("ship",)),
        ),
    ),
    multi(
        "t-drive-and-sky",
        "Driving from Turin to Nice on Saturday: how long is the drive, and what does the "
        "forecast say for Nice?",
        (goal("t.geo.route"), goal("t.weather.forecast")),
        shape(
            need(
                "drive",
                "t.geo.route",
                given=(town("Turin", "Italy", "IT"), town("Nice", "France", "FR")),
            ),
            need("sky", "t.weather.forecast", given=(town("Nice", "France", "FR"),)),
        ),
    ),
    multi(
        "t-papers-file",
        "Scholarly articles about microplastics in breast milk since 2022, as a spreadsheet please",
        (goal("t.sci.papers"), goal("t.doc.sheet")),
        shape(need("papers", "t.sci.papers"), need("sheet", "t.doc.sheet", feeds_on=("papers",))),
    ),
    multi(
        "t-short-qr",
        "Shorten https://events.harbourfest.example/2027/volunteers/register?src=poster and make "
        "a QR of the short link for the poster.",
        (goal("t.web.shorten"), goal("t.doc.qr")),
        shape(
            need(
                "short",
                "t.web.shorten",
                given=("https://events.harbourfest.example/2027/volunteers/register?src=poster",),
            ),
            need("code", "t.doc.qr", feeds_on=("short",)),
        ),
    ),
)
