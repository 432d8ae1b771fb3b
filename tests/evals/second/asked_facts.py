"""Requests for one fact, which one service has."""

from typing import Final

from tests.evals.asking import Asked, goal, named, single

FACTS: Final[tuple[Asked, ...]] = (
    single(
        "s-boise-house",
        "What would 1184 Maple Hollow Rd, Boise, ID 83702 sell for today?",
        goal("s.realty.value"),
        ("1184 Maple Hollow Rd, Boise, ID 83702", "1184 Maple Hollow Rd, Boise ID 83702"),
    ),
    single(
        "s-vat-before-booking",
        "pls verify VAT no. ATU66889218 before i book their invoice",
        goal("s.gov.vat"),
        "ATU66889218",
    ),
    single(
        "s-warfarin",
        "My mum takes warfarin and her doctor has just added fluconazole. Is it dangerous to have "
        "both?",
        goal("s.health.interactions", part=("s.health.label",)),
        "warfarin",
        "fluconazole",
    ),
    single(
        "s-ean",
        "EAN 5449000000996 - which allergens, which Nutri-Score?",
        goal("s.food.barcode"),
        "5449000000996",
    ),
    single(
        "s-xz-cve",
        "How bad is CVE-2024-3094, and which release has the fix?",
        goal("s.sec.cve"),
        "CVE-2024-3094",
    ),
    single(
        "s-fjordkaffe",
        "when does the registration of fjordkaffe.no run out",
        goal("s.sec.whois"),
        "fjordkaffe.no",
    ),
    single(
        "s-tls-days",
        "TLS cert of shop.brightwater.io: days remaining, issuer",
        goal("s.sec.certificate"),
        "shop.brightwater.io",
    ),
    single(
        "s-chess-move",
        "I'm stuck in a correspondence game. Black to play, FEN "
        "'4rrk1/pp1n3p/3q2pQ/2p1pb2/2PP4/2P3N1/P2B2PP/4RRK1 b - - 7 19'. What is my best move?",
        goal("s.games.chess"),
        "4rrk1/pp1n3p/3q2pQ/2p1pb2/2PP4/2P3N1/P2B2PP/4RRK1 b - - 7 19",
    ),
    single(
        "s-lh1821",
        "Picking up a colleague on 24 November 2026 from flight LH1821. Is it late?",
        goal("s.travel.status"),
        ("LH1821", "LH 1821"),
        "2026-11-24",
    ),
    single(
        "s-brazil-vietnam",
        "I travel on a Brazilian passport. Would I need a visa to enter Vietnam, and how long may "
        "I stay?",
        goal("s.travel.visa"),
        named("passport", "BR"),
        named("dest", "VN"),
    ),
    single(
        "s-francs",
        "2,450 US dollars in Swiss francs?",
        goal("s.fin.fx"),
        named("base", "USD"),
        named("quote", "CHF"),
        2450,
    ),
    single(
        "s-loan",
        "monthly payment for a 285000 loan, fixed 3.9 %, over 30 yrs",
        goal("s.realty.mortgage"),
        285000,
        3.9,
        30,
    ),
    single(
        "s-dk1",
        "I need tomorrow's hourly power prices for zone DK1, i.e. for 2026-11-22.",
        goal("s.energy.price"),
        "DK1",
        "2026-11-22",
    ),
    single(
        "s-seville",
        "How hot did it get in Seville on 14 August 2025?",
        goal("s.weather.past"),
        "2025-08-14",
        ("Seville", "Sevilla", "Seville, Spain", "Sevilla, Spain", "Seville, ES"),
    ),
    single(
        "s-coat",
        "About to leave the house in Tampere. How cold is it outside at the moment?",
        goal("s.weather.now", part=("s.weather.forecast",)),
        ("Tampere", "Tampere, Finland", "Tampere, FI"),
    ),
    single(
        "s-galway-week",
        "Galway: chance of a dry day in the coming 5 days?",
        goal("s.weather.forecast"),
        ("Galway", "Galway, Ireland", "Galway, IE"),
    ),
    single(
        "s-ux-pay",
        "What does a UX researcher earn in Copenhagen? In DKK please.",
        goal("s.hr.salary"),
        "UX researcher",
        ("Copenhagen", "Copenhagen, Denmark"),
        "DKK",
    ),
    single(
        "s-lumivora",
        "We would like to call our lamp 'Lumivora'. Has anybody in Europe protected that or "
        "something close to it?",
        goal("s.law.trademark"),
        "Lumivora",
    ),
    single(
        "s-hades",
        "Hades II on Steam, German store, how much right now?",
        goal("s.games.price", part=("s.games.deals",)),
        ("Hades II", "Hades 2"),
    ),
    single(
        "s-bg3",
        "where's Baldur's Gate 3 cheapest atm, any shop is fine",
        goal("s.games.deals", part=("s.games.price",)),
        ("Baldur's Gate 3", "Baldurs Gate 3", "Baldur's Gate III"),
    ),
    single(
        "s-sorensen",
        "Grandpa was a Sørensen. Where does that name come from?",
        goal("s.roots.surname"),
        ("Sørensen", "Sorensen", "Soerensen"),
    ),
    single(
        "s-duckdb",
        "stars + licence of duckdb/duckdb",
        goal("s.code.repo"),
        "duckdb/duckdb",
    ),
    single(
        "s-requests-old",
        "Our build still pins requests 2.19.0 from PyPI. Any security holes known in it?",
        goal("s.sec.package"),
        "requests",
        "2.19.0",
        "PyPI",
    ),
    single(
        "s-brel",
        "What are the words of “Ne me quitte pas” by Jacques Brel?",
        goal("s.music.lyrics", part=("s.music.chords",)),
        "Jacques Brel",
        "Ne me quitte pas",
    ),
    single(
        "s-parcel",
        "Where's my package?? number 00340434161094015902",
        goal("s.ship.track"),
        "00340434161094015902",
    ),
    single(
        "s-tor-exit",
        "Somebody hammers our login from 185.220.101.34. Who is that, is it Tor/VPN?",
        goal("s.sec.ip"),
        "185.220.101.34",
    ),
    single(
        "s-ofac-wallet",
        "Before we refund: is 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 under US sanctions?",
        goal("s.law.wallet-sanctions", part=("s.law.sanctions",)),
        "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
    ),
    single(
        "s-klarna",
        "Dear team, kindly provide the directors and the registered address of Klarna Bank AB "
        "(Sweden). Best regards, M. Holt",
        goal("s.gov.company"),
        "Klarna Bank AB",
        ("SE", "Sweden"),
    ),
    single(
        "s-uk-number",
        "UK company no. 03977902 - still active?",
        goal("s.gov.company-uk", "s.gov.company"),
        "03977902",
    ),
    single(
        "s-height",
        "How high above the sea is the point 46.5586, 8.5612?",
        goal("s.maps.elevation"),
        46.5586,
        8.5612,
    ),
    single(
        "s-tbilisi",
        "Roughly how much money a month would I need to live in Tbilisi?",
        goal("s.gov.cost-of-living"),
        ("Tbilisi", "Tbilisi, Georgia"),
    ),
    single(
        "s-diesel",
        "average diesel price, Austria, this week",
        goal("s.energy.fuel"),
        "AT",
        "diesel",
    ),
    single(
        "s-base-gas",
        "Cheapest gwei I can get away with on Base right now?",
        goal("s.coin.gas"),
        "base",
    ),
    single(
        "s-doge-eur",
        "One dogecoin in euros, live. Spend no more than half a cent.",
        goal("s.coin.price"),
        ("DOGE", "dogecoin"),
        ("EUR", "euro"),
    ),
)
