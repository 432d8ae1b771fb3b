"""Requests where one service works on what another gave."""

from typing import Final

from tests.evals.asking import Asked, goal, multi, named, need, shape

CHAINS: Final[tuple[Asked, ...]] = (
    multi(
        "s-choir-minutes",
        "Our board meeting is at https://files.hillside.example/board-nov.m4a. Please type it "
        "up, boil it down to the main points and mail those to secretary@hillsidechoir.example.",
        (goal("s.audio.transcribe"), goal("s.lang.summarise"), goal("s.send.email")),
        shape(
            need(
                "typed",
                "s.audio.transcribe",
                given=("https://files.hillside.example/board-nov.m4a",),
            ),
            need("points", "s.lang.summarise", feeds_on=("typed",)),
            need(
                "mail",
                "s.send.email",
                given=("secretary@hillsidechoir.example",),
                feeds_on=("points",),
            ),
        ),
    ),
    multi(
        "s-vin-recalls",
        "Bought a used car, VIN WAUZZZ8K9BA123456. Are there any recalls outstanding on that "
        "model?",
        (goal("s.cars.vin"), goal("s.cars.recalls")),
        shape(
            need("car", "s.cars.vin", given=("WAUZZZ8K9BA123456",)),
            need("recalls", "s.cars.recalls", feeds_on=("car",)),
        ),
    ),
    multi(
        "s-mugs-duty",
        "We import ceramic coffee mugs from China into Norway, goods worth USD 4,000. What will "
        "customs charge us?",
        (goal("s.ship.duty"), goal("s.ship.hs-code")),
        shape(
            need("code", "s.ship.hs-code"),
            need("duty", "s.ship.duty", given=("CN", "NO", 4000), feeds_on=("code",)),
        ),
    ),
    multi(
        "s-naproxen",
        "naproxen: structure picture + logP",
        (goal("s.chem.draw"), goal("s.chem.properties"), goal("s.chem.smiles")),
        shape(
            need("smiles", "s.chem.smiles", given=("naproxen",)),
            need("picture", "s.chem.draw", feeds_on=("smiles",)),
            need("logp", "s.chem.properties", feeds_on=("smiles",)),
        ),
    ),
    multi(
        "s-pharmacy",
        "I'm at Karl-Marx-Allee 78, Berlin and need a pharmacy no more than 800 m away.",
        (goal("s.maps.places"), goal("s.maps.geocode")),
        shape(
            need(
                "here",
                "s.maps.geocode",
                given=(("Karl-Marx-Allee 78, Berlin", "Karl-Marx-Allee 78, Berlin, Germany"),),
            ),
            need(
                "pharmacies",
                "s.maps.places",
                given=(("pharmacy", "pharmacies"), named("radius", 800)),
                feeds_on=("here",),
            ),
        ),
    ),
    multi(
        "s-seville-roof",
        "How many kWh a year would 8 kWp of panels bring on the roof of Calle Betis 31, Sevilla?",
        (goal("s.energy.solar"), goal("s.maps.geocode")),
        shape(
            need("roof", "s.maps.geocode"),
            need("yield", "s.energy.solar", given=(8,), feeds_on=("roof",)),
        ),
    ),
    multi(
        "s-listen-in-italian",
        "nonna wants to hear https://villagepost.example/2026/bridge-reopens but she only has "
        "Italian. can you make an audio of it for her?",
        (goal("s.web.read"), goal("s.lang.translate"), goal("s.audio.speak")),
        shape(
            need("page", "s.web.read", given=("https://villagepost.example/2026/bridge-reopens",)),
            need(
                "italian",
                "s.lang.translate",
                given=(named("^to$|target", "it", "it-IT", "Italian"),),
                feeds_on=("page",),
            ),
            need("audio", "s.audio.speak", feeds_on=("italian",)),
        ),
    ),
    multi(
        "s-eth-october",
        "Line chart of ether's daily close from 2026-10-01 to 2026-10-31. Budget 5 cents.",
        (goal("s.coin.history"), goal("s.docs.chart")),
        shape(
            need(
                "closes",
                "s.coin.history",
                given=(("ETH", "ether", "ethereum"), "2026-10-01", "2026-10-31"),
            ),
            need("chart", "s.docs.chart", given=("line",), feeds_on=("closes",)),
        ),
    ),
    multi(
        "s-video-gist",
        "No time to watch https://youtu.be/Zx81qLm0wVc - what does she say in a nutshell?",
        (goal("s.social.transcript"), goal("s.lang.summarise")),
        shape(
            need("said", "s.social.transcript", given=("https://youtu.be/Zx81qLm0wVc",)),
            need("gist", "s.lang.summarise", feeds_on=("said",)),
        ),
    ),
    multi(
        "s-chapter-quiz",
        "Year 9 test on Thursday. Ten multiple-choice questions on "
        "https://school.example/bio/ch4.pdf please.",
        (goal("s.docs.text"), goal("s.edu.quiz")),
        shape(
            need("chapter", "s.docs.text", given=("https://school.example/bio/ch4.pdf",)),
            need("quiz", "s.edu.quiz", given=(named("question", 10),), feeds_on=("chapter",)),
        ),
    ),
    multi(
        "s-supplier-vat",
        "Attached supplier invoice: https://ap.werft.example/in/5521.pdf. Is the VAT ID printed "
        "on it genuine?",
        (goal("s.docs.invoice", part=("s.docs.text",)), goal("s.gov.vat")),
        shape(
            need("invoice", "s.docs.invoice", given=("https://ap.werft.example/in/5521.pdf",)),
            need("vat", "s.gov.vat", feeds_on=("invoice",)),
        ),
    ),
    multi(
        "s-noisy-interview",
        "First get rid of the traffic noise in https://files.desk.example/int-07.wav, then give "
        "me the cleaned-up interview in writing.",
        (goal("s.audio.denoise"), goal("s.audio.transcribe")),
        shape(
            need("clean", "s.audio.denoise", given=("https://files.desk.example/int-07.wav",)),
            need("typed", "s.audio.transcribe", feeds_on=("clean",)),
        ),
    ),
    multi(
        "s-hungarian-letter",
        "found this letter in the attic, it's Hungarian: https://img.attic.example/letter1.jpg "
        "what does it say in English",
        (goal("s.vision.ocr"), goal("s.lang.translate")),
        shape(
            need("letter", "s.vision.ocr", given=("https://img.attic.example/letter1.jpg",)),
            need(
                "english",
                "s.lang.translate",
                given=(named("^to$|target", "en", "en-GB", "en-US", "English"),),
                feeds_on=("letter",),
            ),
        ),
    ),
    multi(
        "s-caption-forever",
        "Describe https://art.example/mural.png in words and keep the description on Arweave for "
        "good.",
        (goal("s.vision.describe"), goal("s.store.arweave")),
        shape(
            need("words", "s.vision.describe", given=("https://art.example/mural.png",)),
            need("kept", "s.store.arweave", feeds_on=("words",)),
        ),
    ),
    multi(
        "s-cv-fit",
        "How good a match is https://hr.mill.example/cv/okafor.pdf for the opening described on "
        "https://mill.example/jobs/miller ?",
        (goal("s.hr.match"), goal("s.hr.resume", part=("s.docs.text",)), goal("s.web.read")),
        shape(
            need(
                "cv", "s.hr.resume", "s.docs.text", given=("https://hr.mill.example/cv/okafor.pdf",)
            ),
            need("opening", "s.web.read", given=("https://mill.example/jobs/miller",)),
            need("match", "s.hr.match", feeds_on=("cv", "opening")),
        ),
    ),
    multi(
        "s-tesla-report",
        "Condense Tesla's (TSLA) most recent 10-K to about 300 words and hand it to me as a PDF.",
        (goal("s.fin.filings"), goal("s.lang.summarise"), goal("s.docs.pdf")),
        shape(
            need("filing", "s.fin.filings", given=("TSLA", "10-K")),
            need("short", "s.lang.summarise", feeds_on=("filing",)),
            need("pdf", "s.docs.pdf", feeds_on=("short",)),
        ),
    ),
    multi(
        "s-waves-at-ship",
        "What seas is the ship with IMO 9632064 running into where she is now?",
        (goal("s.ship.vessel"), goal("s.weather.marine")),
        shape(
            need("ship", "s.ship.vessel", given=("9632064",)),
            need("seas", "s.weather.marine", feeds_on=("ship",)),
        ),
    ),
    multi(
        "s-jobs-sheet",
        "remote product designer openings -> excel file",
        (goal("s.hr.jobs"), goal("s.docs.sheet")),
        shape(
            need("jobs", "s.hr.jobs"),
            need("sheet", "s.docs.sheet", feeds_on=("jobs",)),
        ),
    ),
    multi(
        "s-readme-japanese",
        "I'd like the README of the project encode/httpx in Japanese.",
        (goal("s.code.repo"), goal("s.lang.translate")),
        shape(
            need("readme", "s.code.repo", given=("encode/httpx",)),
            need(
                "japanese",
                "s.lang.translate",
                given=(named("^to$|target", "ja", "jp", "ja-JP", "Japanese"),),
                feeds_on=("readme",),
            ),
        ),
    ),
    multi(
        "s-solstice-sunset",
        "When does the sun go down at Preikestolen, Norway on 21 June 2027?",
        (goal("s.sky.sun"), goal("s.maps.geocode")),
        shape(
            need("rock", "s.maps.geocode"),
            need("sunset", "s.sky.sun", given=("2027-06-21",), feeds_on=("rock",)),
        ),
    ),
    multi(
        "s-pep-mail",
        "Mail the current PEP share price to ruth@ledgerclub.example, subject 'Pepsi today'.",
        (goal("s.fin.quote"), goal("s.send.email")),
        shape(
            need("quote", "s.fin.quote", given=("PEP",)),
            need(
                "mail",
                "s.send.email",
                given=("ruth@ledgerclub.example", "Pepsi today"),
                feeds_on=("quote",),
            ),
        ),
    ),
)
