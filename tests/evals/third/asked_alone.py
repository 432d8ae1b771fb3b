"""Requests that one service answers: pictures, papers, places and life."""

from typing import Final

from tests.evals.asking import Asked, goal, named, single
from tests.evals.third.several import town

ALONE: Final[tuple[Asked, ...]] = (
    single(
        "t-fox-paper",
        "Draw me a fox in a raincoat reading a newspaper, like an old children's book.",
        goal("t.image.make"),
    ),
    single(
        "t-alt-text",
        "We need alternative text for https://cdn.oldmill.example/team/2026.jpg on our site.",
        goal("t.image.describe"),
        "https://cdn.oldmill.example/team/2026.jpg",
    ),
    single(
        "t-whiteboard",
        "what does it say on this whiteboard? https://pics.standup.example/wb-0412.png",
        goal("t.image.ocr", "t-retina-vqa", part=("t-seesay",)),
        "https://pics.standup.example/wb-0412.png",
    ),
    single(
        "t-cows",
        "How many cows are in https://drone.hillfarm.example/f7.jpg ?",
        goal("t.image.count", "t-retina-vqa", part=("t-seesay",)),
        "https://drone.hillfarm.example/f7.jpg",
    ),
    single(
        "t-read-aloud",
        'Record "Dear passengers, the ferry leaves in ten minutes" as speech for the loudspeaker.',
        goal("t.voice.speak"),
        "Dear passengers, the ferry leaves in ten minutes",
    ),
    single(
        "t-dictation",
        "Type up https://audio.notary.example/2026/11/dict-18.mp3 for me",
        goal("t.voice.transcribe"),
        "https://audio.notary.example/2026/11/dict-18.mp3",
    ),
    single(
        "t-bpm",
        "tempo and key of 'Midnight City' by M83? building a set",
        goal("t.music.tempo"),
        "Midnight City",
        "M83",
    ),
    single(
        "t-invoice",
        "Please take vendor, VAT and total out of https://files.acctg.example/inv/88213.pdf.",
        goal("t.doc.invoice", part=("t.doc.pdf-text",)),
        "https://files.acctg.example/inv/88213.pdf",
    ),
    single(
        "t-menu-qr",
        "A code for our tables that guests scan and land on https://brasserie.example/menu",
        goal("t.doc.qr"),
        "https://brasserie.example/menu",
    ),
    single(
        "t-mail-jo",
        'E-mail jo.marsh@quayside.example, subject "Keys", saying "The keys are with the porter."',
        goal("t.send.mail"),
        "jo.marsh@quayside.example",
        "Keys",
        "The keys are with the porter",
    ),
    single(
        "t-cycle-annecy",
        "I want to cycle from Lyon to Annecy. How far is it and how long will it take?",
        goal("t-waywise", part=("t-roadmatrix",)),
        named("origin", *town("Lyon", "France", "FR")),
        named("destination", *town("Annecy", "France", "FR")),
        ("cycling",),
    ),
    single(
        "t-kathmandu-time",
        "Can I ring my aunt in Kathmandu or is it night there?",
        goal("t.geo.time"),
        (*town("Kathmandu", "Nepal", "NP"), "Asia/Kathmandu"),
    ),
    single("t-parcel", "where is my parcel LX559210034CN", goal("t.ship.track"), "LX559210034CN"),
    single(
        "t-vin",
        "Car dealer claims it's a 2021. VIN is WVWZZZ1KZAW123456 - what is it really?",
        goal("t.car.vin"),
        "WVWZZZ1KZAW123456",
    ),
    single(
        "t-fares",
        "Cheapest way to fly Oslo (OSL) to Lisbon (LIS) on 14 March 2027?",
        goal("t.travel.fares"),
        "OSL",
        "LIS",
        "2027-03-14",
    ),
    single(
        "t-screen-oleg",
        'Compliance needs to know by noon whether "Oleg Marchenko Trading FZE" appears on any '
        "sanctions list.",
        goal("t.gov.sanctions"),
        "Oleg Marchenko Trading FZE",
    ),
    single(
        "t-brand-name",
        "We'd like to call our shoe brand SNOWGOAT. Has anybody protected that name or something "
        "like it?",
        goal("t.law.trademark", part=("t.gov.company", "t.web.domain-free")),
        "SNOWGOAT",
    ),
    single(
        "t-lease",
        "Is there anything nasty in this? I'm the tenant. \"The tenant shall pay rent monthly "
        "in advance. The landlord may enter at any time without notice. "
        "The deposit of six months' rent is not interest bearing and may be kept at the "
        "landlord's discretion. The tenant waives every right to a reduction.\"",
        goal("t.law.contract"),
    ),
    single(
        "t-two-pills",
        "Doctor gave me fluconazole, I already take warfarin. Is that ok together?",
        goal("t.health.interactions", part=("t.health.label",)),
        "warfarin",
        "fluconazole",
    ),
    single(
        "t-salmon",
        "kcal and protein in 180 g smoked salmon",
        goal("t.food.nutrition"),
        (
            "180 g smoked salmon",
            "180g smoked salmon",
            "180 g of smoked salmon",
            "180 grams smoked salmon",
            "180 grams of smoked salmon",
            "smoked salmon 180 g",
            "smoked salmon, 180 g",
            "smoked salmon",
        ),
    ),
    single(
        "t-fridge",
        "There's only leek, potatoes and cream left in the fridge. Ideas for dinner?",
        goal("t.food.recipes"),
        ("leek", "leeks"),
        ("potato", "potatoes"),
        "cream",
    ),
    single(
        "t-mortgage",
        "If I borrow 280,000 at 4.1 % for 25 years, what do I pay a month?",
        goal("t.home.mortgage"),
        280000,
        4.1,
        25,
    ),
    single(
        "t-bologna-table",
        "Where does Bologna stand in Serie A?",
        goal("t.sport.table"),
        ("Serie A", "Italian Serie A", "Serie A, Italy", "Serie A (Italy)"),
    ),
    single(
        "t-fen",
        "Black just blundered, what do I play? "
        "r1bqkbnr/pppp1ppp/2n5/4p2Q/2B1P3/8/PPPP1PPP/RNB1K1NR w KQkq - 2 3",
        goal("t.game.chess-move"),
        "r1bqkbnr/pppp1ppp/2n5/4p2Q/2B1P3/8/PPPP1PPP/RNB1K1NR w KQkq - 2 3",
    ),
    single(
        "t-surname",
        "My grandmother was a Vanderhoeven. Where does that name come from?",
        goal("t.kin.surname", part=("t.kin.records",)),
        "Vanderhoeven",
    ),
    single(
        "t-toluene",
        "Toluene: formula, molar mass, boiling point.",
        goal("t.chem.compound", part=("t.chem.hazard",)),
        "toluene",
    ),
    single(
        "t-grid-green",
        "How clean is the power in Denmark's west zone DK1 just now, in grams of CO2 per kWh?",
        goal("t.energy.carbon", part=("t.energy.price",)),
        ("DK1", "DK-DK1", "DK-1"),
    ),
    single(
        "t-welder-pay",
        "What would a welder with 8 years behind him earn in Calgary?",
        goal("t.hr.salary", part=("t.hr.jobs",)),
        "welder",
        town("Calgary", "Canada", "CA"),
    ),
    single(
        "t-polish-holidays",
        "Which bank holidays does Poland have in 2027? We plan the shifts. No more than 5 cents "
        "for this, please.",
        goal("t.gov.holidays"),
        ("PL", "Poland"),
        2027,
    ),
)
