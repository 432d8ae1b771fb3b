"""Requests that one service answers: skies, money, words and the web."""

from typing import Final

from tests.evals.asking import Asked, goal, named, single
from tests.evals.third.several import town

ONE: Final[tuple[Asked, ...]] = (
    single(
        "t-lisbon-coat",
        "I'm about to leave the hotel in Lisbon. Coat or no coat - what is it like outside at "
        "the moment?",
        goal("t.weather.now", part=("t.weather.now-at", "t.weather.forecast")),
        town("Lisbon", "Portugal", "PT"),
    ),
    single(
        "t-gdansk-week",
        "weather gdansk next 7 days",
        goal("t.weather.forecast"),
        (*town("Gdansk", "Poland", "PL"), "Gdańsk"),
        7,
    ),
    single(
        "t-vienna-1995",
        "How hot did it get in Vienna on 4 July 1995? My parents married that day and still "
        "complain about it.",
        goal("t.weather.past"),
        town("Vienna", "Austria", "AT"),
        "1995-07-04",
    ),
    single(
        "t-malo-tide",
        "We bring the boat into Saint-Malo on 12 December 2026. When is high water?",
        goal("t.sea.tides"),
        (*town("Saint-Malo", "France", "FR"), "Saint Malo", "St Malo", "St-Malo"),
        "2026-12-12",
    ),
    single(
        "t-krakow-smog",
        "How bad is the smog in Krakow today?",
        goal("t.air.quality"),
        (*town("Krakow", "Poland", "PL"), "Kraków"),
    ),
    single(
        "t-basel-sneeze",
        "My eyes itch. Is there a lot of birch in the air in Basel tomorrow?",
        goal("t.air.pollen", part=("t.air.quality",)),
        town("Basel", "Switzerland", "CH"),
    ),
    single(
        "t-madrid-iss",
        "from madrid, next 3 times i can see the space station go over?",
        goal("t.sky.passes"),
        town("Madrid", "Spain", "ES"),
    ),
    single(
        "t-nok-pln",
        "How much is 2,500 Norwegian kroner in Polish zloty?",
        goal("t.fx.rate"),
        named("from|base", "NOK"),
        named("to|quote", "PLN"),
        2500,
    ),
    single(
        "t-eurchf-spring",
        "For our audit file we require the closing EUR/CHF rates between 2025-03-01 and "
        "2025-05-31.",
        goal("t.fx.history", part=("t.fx.rate",)),
        ("EURCHF", "EUR/CHF", "EUR-CHF"),
        "2025-03-01",
        "2025-05-31",
    ),
    single("t-nvda-last", "NVDA last price", goal("t.stock.quote"), "NVDA"),
    single(
        "t-net-candles",
        "Give me open/high/low/close per day for NET, 1 to 30 September 2026.",
        goal("t.stock.history", part=("t.stock.quote",)),
        "NET",
        "2026-09-01",
        "2026-09-30",
    ),
    single(
        "t-sol-price",
        "what's one SOL worth in dollars now",
        goal("t.token.price"),
        ("SOL", "Solana"),
    ),
    single(
        "t-base-wallet",
        "Which tokens does 0x8d4F21cE7bA9035b6fD2e1C04a97B3E58f6012aD hold on Base, and what are "
        "they worth?",
        goal("t.chain.balance"),
        "0x8d4F21cE7bA9035b6fD2e1C04a97B3E58f6012aD",
        "base",
    ),
    single(
        "t-honeypot",
        "Somebody shills 0x21fBC4a07D5e6983f10Aa2C77E94bD63058cE1F9 on Base in our group. Can I "
        "sell it again if I buy, or is it a scam?",
        goal("t.chain.token-risk"),
        "0x21fBC4a07D5e6983f10Aa2C77E94bD63058cE1F9",
    ),
    single(
        "t-delay-polish",
        'Please put "The delivery is delayed until Thursday" into Polish.',
        goal("t.lang.translate"),
        "The delivery is delayed until Thursday",
        named("to|target", "pl", "Polish", "pl-PL"),
    ),
    single(
        "t-which-language",
        'A note on my windscreen says "Mitä sinä oikein ajattelit". What language is that?',
        goal("t.lang.detect", part=("t-polyglot",)),
        "Mitä sinä oikein ajattelit",
    ),
    single(
        "t-petrichor", "where does the word petrichor come from", goal("t.lang.define"), "petrichor"
    ),
    single(
        "t-grammar",
        "Correct my English please, British spelling: 'I has went to the theater yesterday and "
        "the peoples was very kind.'",
        goal("t.lang.proofread"),
        "I has went to the theater yesterday and the peoples was very kind",
    ),
    single(
        "t-minutes-short",
        "Boil this down to two sentences for my boss: The committee met on Tuesday to discuss "
        "the new roof. Three offers came in, of which the cheapest was 48,000 euro but without "
        "insulation. "
        "Mrs Aalto argued for the middle offer at 56,000, because the heating bill would fall by "
        "a fifth. A vote was put off until the treasurer has spoken to the bank. The next "
        "meeting is on 9 December.",
        goal("t.text.summarise"),
    ),
    single(
        "t-review-mood",
        'Would you say this customer is happy? "Third time the zip broke. Nice colour though, '
        "but I'm done with this brand.\"",
        goal("t.text.sentiment"),
        "Third time the zip broke. Nice colour though, but I'm done with this brand",
    ),
    single(
        "t-read-page",
        "Get me just the words of https://blog.harrowgate.example/why-we-left-the-cloud, no "
        "menus and no cookie stuff",
        goal("t.web.read"),
        "https://blog.harrowgate.example/why-we-left-the-cloud",
    ),
    single(
        "t-shot-shop",
        "I need a picture of how https://shop.finchley.example looks at present.",
        goal("t.web.screenshot"),
        "https://shop.finchley.example",
    ),
    single(
        "t-look-up-heatpump",
        "google 'heat pump noise regulations terraced house' for me",
        goal("t.web.search"),
        ("heat pump noise regulations terraced house",),
    ),
    single(
        "t-norway-headlines",
        "What is on the front pages in Norway today?",
        goal("t.news.top", part=("t.news.search",)),
        named("country", "no", "NO", "NOR", "Norway"),
    ),
    single(
        "t-domain-expiry",
        "When does somebody have to renew tulipfarm.example, and who is it registered with?",
        goal("t.web.whois", part=("t.web.domain-free",)),
        "tulipfarm.example",
    ),
    single(
        "t-domain-free",
        "is pancakeparliament.com still free, and what would it cost me?",
        goal("t.web.domain-free", part=("t.web.whois",)),
        "pancakeparliament.com",
    ),
    single(
        "t-nasty-link",
        "My mother got a text with http://posten-toll.example/pay?id=77 in it. Safe to open?",
        goal("t.sec.url"),
        "http://posten-toll.example/pay?id=77",
    ),
    single(
        "t-pwned",
        "Has hanne.lie@fjordpost.example ever turned up in a leak?",
        goal("t.sec.breach"),
        "hanne.lie@fjordpost.example",
    ),
    single(
        "t-which-ip",
        "Failed logins from 185.220.101.34 all night. Where is it and is it a VPN?",
        goal("t.net.ip"),
        "185.220.101.34",
    ),
    single(
        "t-cve", "CVE-2024-3094 severity + affected versions", goal("t.sec.cve"), "CVE-2024-3094"
    ),
)
