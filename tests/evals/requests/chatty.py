"""Requests that one service answers, as hurried, chatty and careless people write them."""

from tests.evals.asking import goal, named, single

REQUESTS = (
    single(
        "chatty-weather",
        "hi! could u pls tell me the wether forcast for Lyon for the next 3 days? thx",
        goal("weather.forecast", part=("gridcast",)),
        "Lyon",
        3,
    ),
    single(
        "wedding-holidays",
        "Good afternoon. I am planning a small wedding and would be most grateful if you could let"
        " me know the public holidays in Ireland in 2027.",
        goal("holidex"),
        ("IE", "Ireland"),
        2027,
    ),
    single(
        "arrow-translate",
        "translate pls: 'buenos dias amigo' -> english",
        goal("text.translate"),
        "buenos dias amigo",
        ("English", "en"),
    ),
    single(
        "msft-quote",
        "MSFT quote",
        goal("stocks.quote", part=("candlestore",)),
        "MSFT",
    ),
    single(
        "odd-link",
        "I keep getting weird mails asking me to log in at http://examp1e-login.test/ - is that"
        " link dangerous?",
        goal("linkshield"),
        "http://examp1e-login.test/",
    ),
    single(
        "bill-asap",
        "need this invoice parsed asap https://files.example/bill.pdf",
        goal("invoiceeye", part=("doc.pdf-text",)),
        "https://files.example/bill.pdf",
    ),
    single(
        "two-pills",
        "My doctor gave me ibuprofen and I already take warfarin. Do these medicines interact?",
        goal("pillcheck"),
        "ibuprofen",
        "warfarin",
    ),
    single("rhyme", "what rhymes with orange", goal("rhymer"), "orange", "rhymes"),
    single("quadratic", "solve x^2 - 5x + 6 = 0", goal("eqsolver"), "x^2 - 5x + 6 = 0"),
    single(
        "jogging",
        "How many calories do I burn running for 45 minutes at 70 kg?",
        goal("fitcalc"),
        "running",
        named("minutes", 45),
        named("weight", 70),
    ),
    single("median", "median of 3, 8, 12, 40", goal("statcrunch"), 3, 8, 12, 40),
    single(
        "dice",
        "random number between 1 and 100",
        goal("dice-vrf"),
        named("low", 1),
        named("high", 100),
    ),
    single(
        "old-requests",
        "Is the pypi package requests in version 2.19.0 vulnerable?",
        goal("depscan"),
        "requests",
        "pypi",
        "2.19.0",
    ),
    single("cron", 'explain the cron expression "0 9 * * 1"', goal("cron-explain"), "0 9 * * 1"),
    single(
        "salary",
        "tell me the salary of a data engineer in Amsterdam",
        goal("payband"),
        "data engineer",
        "Amsterdam",
    ),
    single(
        "shorten",
        "shorten https://example.com/some/very/long/path?x=1",
        goal("tinylink"),
        "https://example.com/some/very/long/path?x=1",
    ),
    single("sunrise", "sunrise in Reykjavik", goal("sunclock"), "Reykjavik"),
    single(
        "rent",
        "whats the average rent for a flat with 3 rooms in Barcelona",
        goal("rentindex"),
        "Barcelona",
        3,
    ),
    single(
        "postage",
        "what does it cost to ship a parcel of 2.5 kg from Germany to Canada",
        goal("shiprate"),
        2.5,
        named("from", "Germany", "DE"),
        named("to_", "Canada", "CA"),
    ),
    single(
        "hate",
        'ugh. check this comment for hate speech: "you people are garbage"',
        goal("cleanspeech"),
        "you people are garbage",
    ),
    single(
        "planets",
        "Which planets are visible tonight from Tucson? My daughter got a telescope!",
        goal("starchart"),
        "Tucson",
    ),
    single("quakes", "recent earthquakes in Chile", goal("quakefeed"), "Chile"),
    single(
        "read-to-kids",
        'read aloud: "Once upon a time there was a small red boat"',
        goal("audio.speak"),
        "Once upon a time there was a small red boat",
    ),
    single(
        "stars",
        "how many stars does torvalds/linux have on github",
        goal("repometer"),
        "torvalds/linux",
    ),
)
"""Typos, greetings, reasons why, and hardly a whole sentence."""
