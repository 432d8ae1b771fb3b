"""Requests over several things of a kind, and for several things at once."""

from typing import Final

from tests.evals.asking import Asked, Goal, Shape, goal, multi, named, need, shape


def _each(identity: str, text: str, goals: tuple[Goal, ...], *shapes: Shape) -> Asked:
    return Asked(id=identity, text=text, kind="each", goals=goals, shapes=shapes)


LISTS: Final[tuple[Asked, ...]] = (
    _each(
        "s-three-towns",
        "How warm is it at this minute in Oslo, Bergen and Trondheim?",
        (goal("s.weather.now"),),
        shape(need("towns", "s.weather.now", each=True)),
        shape(
            need("oslo", "s.weather.now", given=(("Oslo", "Oslo, Norway", "Oslo, NO"),)),
            need("bergen", "s.weather.now", given=(("Bergen", "Bergen, Norway", "Bergen, NO"),)),
            need(
                "trondheim",
                "s.weather.now",
                given=(("Trondheim", "Trondheim, Norway", "Trondheim, NO"),),
            ),
        ),
    ),
    _each(
        "s-microplastics",
        "Find me 5 recent papers on microplastics in groundwater and put every abstract into "
        "Portuguese.",
        (goal("s.science.papers"), goal("s.lang.translate", "s.lang.translate-many")),
        shape(
            need("papers", "s.science.papers"),
            need(
                "abstracts",
                "s.lang.translate",
                each=True,
                feeds_on=("papers",),
                given=(named("^to$|target", "pt", "pt-PT", "pt-BR", "Portuguese"),),
            ),
        ),
        shape(
            need("papers", "s.science.papers"),
            need(
                "abstracts",
                "s.lang.translate-many",
                feeds_on=("papers",),
                given=(named("locale", "pt", "pt-PT", "pt-BR", "Portuguese"),),
            ),
        ),
    ),
    _each(
        "s-three-shots",
        "screenshots please: https://alder.example https://birch.example https://cedar.example",
        (goal("s.web.screenshot"),),
        shape(need("shots", "s.web.screenshot", each=True)),
        shape(
            need(
                "alder",
                "s.web.screenshot",
                given=(("https://alder.example", "https://alder.example/"),),
            ),
            need(
                "birch",
                "s.web.screenshot",
                given=(("https://birch.example", "https://birch.example/"),),
            ),
            need(
                "cedar",
                "s.web.screenshot",
                given=(("https://cedar.example", "https://cedar.example/"),),
            ),
        ),
    ),
    _each(
        "s-espresso-mood",
        "Take the ten hottest posts on r/espresso and tell me for each one if it's a happy or an "
        "angry one.",
        (goal("s.social.reddit"), goal("s.lang.sentiment")),
        shape(
            need("posts", "s.social.reddit", given=(("espresso", "r/espresso"), 10)),
            need("moods", "s.lang.sentiment", each=True, feeds_on=("posts",)),
        ),
    ),
    _each(
        "s-leaked-staff",
        "Were any of these caught up in a leak: anna@lodge.example, piet@lodge.example, "
        "office@lodge.example?",
        (goal("s.sec.breach"),),
        shape(need("leaks", "s.sec.breach", each=True)),
        shape(
            need("anna", "s.sec.breach", given=("anna@lodge.example",)),
            need("piet", "s.sec.breach", given=("piet@lodge.example",)),
            need("office", "s.sec.breach", given=("office@lodge.example",)),
        ),
    ),
    _each(
        "s-korean-buttons",
        "Need Korean for our buttons: 'Save changes', 'Log out', 'Delete account'.",
        (goal("s.lang.translate-many", "s.lang.translate"),),
        shape(
            need(
                "buttons",
                "s.lang.translate-many",
                given=(
                    "Save changes",
                    "Log out",
                    "Delete account",
                    named("locale", "ko", "ko-KR", "Korean"),
                ),
            )
        ),
        shape(
            need(
                "buttons",
                "s.lang.translate",
                each=True,
                given=(named("^to$|target", "ko", "ko-KR", "Korean"),),
            )
        ),
        shape(
            need("save", "s.lang.translate", given=("Save changes",)),
            need("log out", "s.lang.translate", given=("Log out",)),
            need("delete", "s.lang.translate", given=("Delete account",)),
        ),
    ),
    _each(
        "s-porto-flats",
        "My sister only reads Ukrainian. Find flats to rent in Porto below 900 euros and render "
        "each ad's description in Ukrainian for her.",
        (goal("s.realty.listings"), goal("s.lang.translate", "s.lang.translate-many")),
        shape(
            need("flats", "s.realty.listings", given=("Porto", "rent", 900)),
            need(
                "ads",
                "s.lang.translate",
                each=True,
                feeds_on=("flats",),
                given=(named("^to$|target", "uk", "uk-UA", "Ukrainian"),),
            ),
        ),
        shape(
            need("flats", "s.realty.listings", given=("Porto", "rent", 900)),
            need(
                "ads",
                "s.lang.translate-many",
                feeds_on=("flats",),
                given=(named("locale", "uk", "uk-UA", "Ukrainian"),),
            ),
        ),
    ),
    _each(
        "s-licences",
        "Licence audit. Repos: tokio-rs/tokio, redis/redis, grafana/grafana. Which licence has "
        "each?",
        (goal("s.code.repo"),),
        shape(need("licences", "s.code.repo", each=True)),
        shape(
            need("tokio", "s.code.repo", given=("tokio-rs/tokio",)),
            need("redis", "s.code.repo", given=("redis/redis",)),
            need("grafana", "s.code.repo", given=("grafana/grafana",)),
        ),
    ),
    _each(
        "s-lithium-brief",
        "Monday briefing: newest press stories about lithium recycling, a short digest of every "
        "single one, and the lot as one PDF.",
        (goal("s.web.news"), goal("s.lang.summarise"), goal("s.docs.pdf")),
        shape(
            need("stories", "s.web.news"),
            need("digests", "s.lang.summarise", each=True, feeds_on=("stories",)),
            need("pdf", "s.docs.pdf", feeds_on=("digests",)),
        ),
    ),
    _each(
        "s-chip-quotes",
        "AMD, INTC, QCOM - last price of each, within 30 seconds",
        (goal("s.fin.quote"),),
        shape(need("prices", "s.fin.quote", each=True)),
        shape(
            need("amd", "s.fin.quote", given=("AMD",)),
            need("intc", "s.fin.quote", given=("INTC",)),
            need("qcom", "s.fin.quote", given=("QCOM",)),
        ),
    ),
    _each(
        "s-whose-parcels",
        "Dear support, kindly advise the status of consignments 1Z999AA10123456784, "
        "JD014600003889650912 and RR123456785GB. Thank you.",
        (goal("s.ship.track"),),
        shape(need("parcels", "s.ship.track", each=True)),
        shape(
            need("first", "s.ship.track", given=("1Z999AA10123456784",)),
            need("second", "s.ship.track", given=("JD014600003889650912",)),
            need("third", "s.ship.track", given=("RR123456785GB",)),
        ),
    ),
)

SIDE_BY_SIDE: Final[tuple[Asked, ...]] = (
    multi(
        "s-reykjavik-run",
        "Thinking of a run in Reykjavik. What's the weather there now, and is the air clean?",
        (goal("s.weather.now"), goal("s.weather.air")),
        shape(
            need(
                "weather",
                "s.weather.now",
                given=(("Reykjavik", "Reykjavík", "Reykjavik, Iceland", "Reykjavik, IS"),),
            ),
            need(
                "air",
                "s.weather.air",
                given=(("Reykjavik", "Reykjavík", "Reykjavik, Iceland", "Reykjavik, IS"),),
            ),
        ),
    ),
    multi(
        "s-cat-check",
        "CAT stock: price now + P/E ratio",
        (goal("s.fin.quote"), goal("s.fin.fundamentals")),
        shape(
            need("price", "s.fin.quote", given=("CAT",)),
            need("pe", "s.fin.fundamentals", given=("CAT",)),
        ),
    ),
    multi(
        "s-tucson-landlord",
        "I am considering buying a rental in Tucson. How many people live in Tucson, AZ, and what "
        "do two-bedroom places in 85719 rent for?",
        (goal("s.gov.census"), goal("s.realty.rent")),
        shape(
            need("people", "s.gov.census", given=(("Tucson, AZ", "Tucson, Arizona"),)),
            need("rent", "s.realty.rent", given=(("85719",), 2)),
        ),
    ),
    multi(
        "s-nordveil",
        "New brand idea: Nordveil. Is the mark free, and is nordveil.com registered yet?",
        (goal("s.law.trademark"), goal("s.sec.whois")),
        shape(
            need("mark", "s.law.trademark", given=("Nordveil",)),
            need("domain", "s.sec.whois", given=("nordveil.com",)),
        ),
    ),
    multi(
        "s-welcome-danish",
        "Our museum sign says 'The exhibition continues upstairs.' I want it in Danish, and a "
        "recording of the Danish wording for the audio guide.",
        (goal("s.lang.translate"), goal("s.audio.speak")),
        shape(
            need(
                "danish",
                "s.lang.translate",
                given=(
                    "The exhibition continues upstairs.",
                    named("^to$|target", "da", "da-DK", "Danish"),
                ),
            ),
            need("recording", "s.audio.speak", feeds_on=("danish",)),
        ),
    ),
    multi(
        "s-dinner-and-wine",
        "Hosting on Saturday: what can I cook from venison, chestnuts and red cabbage, and which "
        "wine goes with venison stew?",
        (goal("s.food.recipes"), goal("s.food.wine")),
        shape(
            need(
                "recipes",
                "s.food.recipes",
                given=("venison", ("chestnuts", "chestnut"), "red cabbage"),
            ),
            need("wine", "s.food.wine"),
        ),
    ),
    multi(
        "s-polish-grid",
        "Poland: how dirty is the electricity at this hour and what was inflation in 2026-10?",
        (goal("s.energy.carbon"), goal("s.gov.inflation")),
        shape(
            need("grid", "s.energy.carbon", given=("PL",)),
            need("inflation", "s.gov.inflation", given=("PL", "2026-10")),
        ),
    ),
)
