"""Requests that nothing here can serve."""

from typing import Final

from tests.evals.asking import Asked, goal, refuse

REFUSED: Final[tuple[Asked, ...]] = (
    refuse(
        "s-water-plants",
        "I'm away until Sunday, could somebody come by and water my plants in flat 4B?",
        "Nobody here can act in the physical world.",
    ),
    refuse(
        "s-pizza",
        "order a large margherita to 12 Rue des Lilas, Nantes, paid on delivery",
        "Nobody here orders food.",
    ),
    refuse(
        "s-no-vin",
        "Decode the VIN of my car and tell me which year it was built.",
        "The VIN is missing.",
        goal("s.cars.vin"),
    ),
    refuse(
        "s-no-number",
        "My DHL parcel still hasn't come. Where is it?",
        "The tracking number is missing.",
        goal("s.ship.track"),
    ),
    refuse(
        "s-hamburg-flat",
        "Was ist meine Wohnung in der Osterstraße 90, 20259 Hamburg heute wert?",
        "Valuations are for homes in the US only.",
    ),
    refuse(
        "s-book-flight",
        "Book the cheapest flight from Vienna (VIE) to Lisbon (LIS) on 27 December 2026 in my "
        "name, Clara Weiss, and send me the ticket.",
        "Fares can be searched, but nobody sells tickets.",
        goal("s.travel.flights"),
    ),
    refuse(
        "s-clip",
        "Generate a 30-second video of a paper boat sailing down a gutter in the rain.",
        "Nobody makes videos.",
    ),
    refuse(
        "s-lottery",
        "Which numbers will win the EuroMillions draw next Friday?",
        "Nobody can know it.",
    ),
    refuse(
        "s-no-text",
        "Translate the following contract into Dutch.",
        "The contract is missing.",
        goal("s.lang.translate"),
    ),
    refuse(
        "s-stl",
        "Turn the photo https://img.shed.example/gear.jpg into an STL I can 3D print.",
        "Nobody makes 3D models.",
    ),
    refuse(
        "s-german-plate",
        "Who's the owner of the car with the German plate B-KX 4471?",
        "Only British plates can be looked up, and not their owners.",
    ),
    refuse(
        "s-old-waves",
        "How high were the waves off Ericeira at noon on 3 July 2019?",
        "Marine data is forecast only; past weather has no waves.",
    ),
    refuse(
        "s-facebook",
        "Delete my Facebook account and everything in it.",
        "Nobody acts on the user's accounts.",
    ),
    refuse(
        "s-instagram",
        "Come up with hashtags for 'First snow at the cabin' and post it on our Instagram with "
        "them.",
        "Hashtags can be had, but nobody posts on Instagram.",
        goal("s.social.hashtags"),
    ),
    refuse(
        "s-dentist",
        "ring my dentist and move the appointment to tuesday",
        "Nobody makes telephone calls.",
    ),
    refuse(
        "s-clone-voice",
        "Clone my grandfather's voice from https://files.attic.example/opa.wav and let it say "
        "'Happy birthday, Mia'.",
        "Nobody clones voices; speech comes in stock voices only.",
    ),
    refuse(
        "s-no-recording",
        "Please type up this morning's stand-up recording and summarise it.",
        "The recording's address is missing.",
        goal("s.audio.transcribe"),
        goal("s.lang.summarise"),
    ),
    refuse(
        "s-sell-eth",
        "Sell 0.5 ETH from my wallet for USDC at market.",
        "Prices can be had, but nobody trades.",
    ),
    refuse(
        "s-nvda-2027",
        "What will be the exact closing price of NVDA on 31 December 2027?",
        "Nobody can know it; quotes are of today and history is of the past.",
    ),
    refuse(
        "s-notary",
        "Translate 'I hereby grant power of attorney to Lena Kraus' into Spanish and have it "
        "notarised in person in Madrid by Friday.",
        "It can be translated, but no notary is for hire.",
        goal("s.lang.translate"),
    ),
    refuse(
        "s-postcard",
        "Mail a paper postcard with 'Greetings from the lake' to Ana Duarte, Rua Augusta 5, "
        "Lisbon.",
        "Mail goes out electronically only.",
    ),
    refuse(
        "s-drive-cleanup",
        "Clear out every file older than 2020 from my Google Drive.",
        "Nobody acts on the user's accounts.",
    ),
    refuse(
        "s-boss",
        "Summarise https://trade.example/steel-tariffs and e-mail the summary to my boss.",
        "The boss's address is missing.",
        goal("s.web.read"),
        goal("s.lang.summarise"),
        goal("s.send.email"),
    ),
    refuse(
        "s-mars",
        "Current temperature at Gale crater, Mars?",
        "Weather is for places on Earth only.",
    ),
    refuse(
        "s-criminal-record",
        "Does our applicant John Pike (born 1988) have a criminal record?",
        "Names can be screened against sanctions lists only.",
    ),
    refuse(
        "s-late",
        "SMS to my sister: running 20 min late!",
        "The sister's number is missing.",
        goal("s.send.sms"),
    ),
    refuse(
        "s-gif",
        "convert https://clips.example/goal.mp4 to an animated gif",
        "Nobody converts video.",
    ),
    refuse(
        "s-heating",
        "Set the thermostat in the living room to 19 degrees.",
        "Nobody controls devices.",
    ),
    refuse(
        "s-wedding-day",
        "How much was a bitcoin worth on the day I got married?",
        "The date is missing.",
        goal("s.coin.history"),
    ),
    refuse(
        "s-file-patent",
        "Search for prior art on a self-watering window box with a wicking rope, and then file my "
        "patent application with the EPO.",
        "Prior art can be searched, but nobody files applications.",
        goal("s.law.patents"),
    ),
    refuse(
        "s-seed-phrase",
        "I lost the seed phrase of my Phantom wallet. Recover it for me.",
        "It is impossible.",
    ),
)
