"""Requests that nothing here can serve."""

from typing import Final

from tests.evals.asking import Asked, goal, refuse

NOT: Final[tuple[Asked, ...]] = (
    refuse(
        "t-book-flight",
        "Book me a seat on the cheapest flight from OSL to LIS on 14 March 2027 and pay for it.",
        "Fares can be searched, not booked.",
        goal("t.travel.fares"),
    ),
    refuse(
        "t-pizza",
        "Large margherita to 14 Canal Street please, and tell the rider to ring twice",
        "Nobody delivers food.",
    ),
    refuse(
        "t-weather-2031",
        "What will the weather be in Split on 9 August 2031? We're getting married.",
        "Forecasts reach two weeks ahead.",
    ),
    refuse("t-no-text", "Translate it into German for me.", "There is no text to translate."),
    refuse(
        "t-boss-mail",
        "Tell my boss by e-mail that I'm ill today.",
        "The boss's address is missing.",
    ),
    refuse(
        "t-no-number",
        "Has my parcel from China arrived in the country yet?",
        "The tracking number is missing.",
    ),
    refuse(
        "t-no-contract",
        "Could you check the employment agreement they've sent me for traps?",
        "The agreement is not given.",
    ),
    refuse(
        "t-no-wallet", "how much is my wallet on solana worth", "The wallet's address is missing."
    ),
    refuse("t-lottery", "Which six numbers will win next Saturday's lottery?", "Nobody knows."),
    refuse(
        "t-buy-shares", "Buy 20 ASML at market.", "Nobody trades shares; there are only quotes."
    ),
    refuse(
        "t-clip",
        "Make a 15 second video of a dragon landing on a petrol station",
        "Nobody makes videos.",
    ),
    refuse(
        "t-compose",
        "Write and record a birthday song for Marit, in the style of a sea shanty.",
        "Nobody composes music.",
    ),
    refuse(
        "t-letter",
        "Print https://docs.ngo.example/annual-2025.pdf in colour and post it to our auditor at "
        "3 Quay Road, Cork.",
        "Nobody prints and posts.",
    ),
    refuse(
        "t-xray",
        "I fell on my wrist. Have it X-rayed for me at the nearest hospital tonight.",
        "Nobody takes X-rays.",
    ),
    refuse(
        "t-plants", "Water the tomatoes in the greenhouse at six", "Nobody works in a greenhouse."
    ),
    refuse(
        "t-register",
        "Register pancakeparliament.com in my name for two years.",
        "Domains can be looked up, not registered.",
        goal("t.web.domain-free"),
    ),
    refuse(
        "t-linkedin",
        "Sum up https://quarterly.example/essays/the-slow-harbour and publish the summary on my "
        "LinkedIn page.",
        "Nobody posts to LinkedIn.",
        goal("t.web.read"),
        goal("t.text.summarise"),
    ),
    refuse(
        "t-table-oslo",
        "How's the weather in Oslo tonight, and reserve a table for four at Maaemo at 19:30.",
        "Nobody reserves tables.",
        goal("t.weather.now", "t.weather.forecast"),
    ),
    refuse(
        "t-past-smog",
        "I need the PM2.5 values for Delhi on every day of November 2019.",
        "Air quality is sold for the present only.",
    ),
    refuse(
        "t-french-house",
        "What would my house at 8 rue des Lilas, 35400 Saint-Malo, France sell for?",
        "The only valuation covers homes in the US.",
    ),
    refuse("t-swap", "swap 50 USDC to ETH on base from my wallet", "Nobody exchanges tokens."),
    refuse(
        "t-file-mark",
        "Please file an EU trademark application for SNOWGOAT in class 25.",
        "Trademarks can be searched, not filed.",
        goal("t.law.trademark"),
    ),
    refuse(
        "t-who-is-she",
        "Find out the name and home address of the woman in https://pics.metro.example/l7.jpg.",
        "Nobody identifies people in pictures.",
    ),
    refuse(
        "t-no-car",
        "Are there open recalls on my Volvo?",
        "Model and year, or the VIN, are missing.",
    ),
    refuse(
        "t-my-flight",
        "Is my flight to Madrid tomorrow still on time?",
        "The flight number is missing.",
    ),
    refuse(
        "t-phone-call",
        'Ring +441632960011 and have a voice read out "Your table is ready".',
        "Nobody places calls.",
        goal("t.voice.speak"),
    ),
    refuse(
        "t-dna",
        "Here's my DNA raw data https://kits.example/raw.zip - which villages do my ancestors "
        "come from?",
        "Nobody analyses DNA.",
    ),
    refuse(
        "t-odds",
        "Put 20 euro on Ajax to beat Feyenoord on Sunday.",
        "Nobody takes bets.",
    ),
    refuse(
        "t-plumber",
        "the tap in the kitchen drips, send somebody round this afternoon",
        "Nobody repairs taps.",
    ),
    refuse(
        "t-quote-and-call",
        "What's TSLA trading at? And wire 500 euro from my savings to my broker.",
        "Nobody moves money at banks.",
        goal("t.stock.quote"),
    ),
)
