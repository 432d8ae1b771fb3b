"""Requests that one service answers: mostly to have something done."""

from tests.evals.asking import goal, named, single

REQUESTS = (
    single(
        "translate-quote",
        'translate "Where is the nearest pharmacy?" to Portuguese',
        goal("text.translate"),
        "Where is the nearest pharmacy?",
        ("Portuguese", "pt"),
    ),
    single(
        "which-language",
        'What language is this: "Hvor er toget?"',
        goal("langdetect", part=("polyglot-translate",)),
        "Hvor er toget?",
    ),
    single(
        "dna",
        "translate the DNA sequence ATGGCCATTGTAATG to protein",
        goal("dna-translator"),
        "ATGGCCATTGTAATG",
    ),
    single("define", "definition of the word petrichor", goal("wordbook"), "petrichor"),
    single(
        "summary-text",
        "Summarise this text: The council met on Monday. It argued about the bridge for five hours."
        " No decision was taken and the engineers were sent home.",
        goal("text.summarise"),
        "The council met on Monday. It argued about the bridge for five hours."
        " No decision was taken and the engineers were sent home.",
    ),
    single(
        "mood",
        'is this review positive or negative? "The soup was cold and the waiter rude"',
        goal("text.sentiment"),
        "The soup was cold and the waiter rude",
    ),
    single(
        "proofread",
        "Check the grammar of: He don't has no idea what they was doing",
        goal("redpen"),
        "He don't has no idea what they was doing",
    ),
    single(
        "formal",
        'Make this sound formal: "hey, send me the numbers by friday"',
        goal("rephrase-it"),
        "hey, send me the numbers by friday",
        "formal",
    ),
    single(
        "draw-cat",
        'Generate an image of "a cat in a spacesuit on the moon"',
        goal("image.generate"),
        "a cat in a spacesuit on the moon",
    ),
    single(
        "stock-photo",
        "find stock photos of a mountain lake",
        goal("pixelfind"),
        ("mountain lake", "a mountain lake"),
    ),
    single(
        "cutout-shoe",
        "Remove the background from https://shop.example/shoe.jpg",
        goal("cutout"),
        "https://shop.example/shoe.jpg",
    ),
    single(
        "alt-text",
        "describe what is in the picture https://pics.example/pier.png",
        goal("image.describe", part=("boxfinder",)),
        "https://pics.example/pier.png",
    ),
    single(
        "read-scan",
        "Read the text in this photo: https://pics.example/receipt-scan.jpg",
        goal("textlift", part=("invoiceeye",)),
        "https://pics.example/receipt-scan.jpg",
    ),
    single(
        "qr",
        "make me a QR code for https://menu.example/today",
        goal("qr-forge"),
        "https://menu.example/today",
    ),
    single(
        "transcribe",
        "Please transcribe the recording at https://audio.example/interview.mp3",
        goal("audio.transcribe"),
        "https://audio.example/interview.mp3",
    ),
    single(
        "say-it",
        'text to speech: "The train now arriving is delayed"',
        goal("audio.speak"),
        "The train now arriving is delayed",
    ),
    single(
        "youtube",
        "get the transcript of https://youtube.com/watch?v=dQw4w9WgXcQ",
        goal("tubescript"),
        "https://youtube.com/watch?v=dQw4w9WgXcQ",
    ),
    single(
        "geocode",
        "coordinates of the Brandenburg Gate",
        goal("geo.geocode"),
        ("Brandenburg Gate", "the Brandenburg Gate"),
    ),
    single(
        "drive",
        "How long does it take to drive from Milan to Turin?",
        goal("routewise"),
        named("origin|from", "Milan"),
        named("dest|to", "Turin"),
    ),
    single(
        "distance",
        "distance between Tokyo and Sydney as the crow flies",
        goal("crowmiles"),
        "Tokyo",
        "Sydney",
    ),
    single(
        "ip", "Where is the IP address 91.198.174.192 located?", goal("ip-atlas"), "91.198.174.192"
    ),
    single("flight", "is flight BA117 delayed", goal("gatecheck"), "BA117"),
    single(
        "fares",
        "cheapest flight from Berlin to Lisbon on 2026-12-19",
        goal("skyfare"),
        named("origin|from", "Berlin"),
        named("dest|to", "Lisbon"),
        "2026-12-19",
    ),
    single(
        "hotel",
        "find a hotel in Vienna, check-in 2026-12-05, check-out 2026-12-08",
        goal("bedfinder"),
        "Vienna",
        named("in", "2026-12-05"),
        named("out", "2026-12-08"),
    ),
    single(
        "visa",
        "Does an Indian passport holder need a visa for Thailand?",
        goal("visacheck"),
        named("passport", "Indian"),
        named("dest", "Thailand"),
    ),
    single(
        "pdf-text",
        "extract the text of https://files.example/annual-report.pdf",
        goal("doc.pdf-text", part=("tablepull",)),
        "https://files.example/annual-report.pdf",
    ),
    single(
        "invoice",
        "Read this invoice and give me supplier and total: https://files.example/inv-204.pdf",
        goal("invoiceeye", part=("doc.pdf-text",)),
        "https://files.example/inv-204.pdf",
    ),
    single(
        "send-mail",
        'Send an email to lena@example.org with subject "Lunch" and body "Noon at the usual'
        ' place?"',
        goal("mail.send"),
        "lena@example.org",
        named("subject", "Lunch"),
        named("body|text", "Noon at the usual place?"),
    ),
    single(
        "sms",
        'text +4915112345678 the message "I am running late"',
        goal("smsbird"),
        "+4915112345678",
        "I am running late",
    ),
    single(
        "mail-real", "does the mailbox bob@example.org exist?", goal("mailproof"), "bob@example.org"
    ),
    single(
        "web-search",
        'search the web for "second hand cargo bikes"',
        goal("web.search", part=("answer-engine",)),
        "second hand cargo bikes",
    ),
    single(
        "screenshot",
        "Take a screenshot of https://news.example/ on a phone",
        goal("snapsite"),
        "https://news.example/",
        "phone",
    ),
    single(
        "whois",
        "who registered the domain example.net and when does it expire",
        goal("whois-now"),
        "example.net",
    ),
    single(
        "sanctions",
        'Check "Acme Trading LLC" against the sanctions lists',
        goal("sanctionscan"),
        "Acme Trading LLC",
    ),
    single("vat", "validate VAT number DE123456789", goal("vatcheck"), "DE123456789"),
    single(
        "nutrition",
        "how many calories are in 100 g almonds",
        goal("nutrifact"),
        ("100 g almonds", "100 g of almonds"),
    ),
    single(
        "recipe",
        "vegetarian recipes with eggs, spinach and feta",
        goal("larder"),
        named("diet", "vegetarian"),
        named("ingredients", "eggs, spinach and feta", "eggs, spinach, feta"),
    ),
    single("scores", "live football scores", goal("matchday"), "football"),
    single("table", "Bundesliga standings", goal("leaguetable"), "Bundesliga"),
    single(
        "papers",
        'Find scientific papers on "perovskite solar cells"',
        goal("arxivist"),
        "perovskite solar cells",
    ),
    single("cve", "Tell me about CVE-2024-3094", goal("cvewatch"), "CVE-2024-3094"),
    single(
        "miles",
        "how many km are 26.2 miles",
        goal("unitwise"),
        26.2,
        named("from", "mi", "mile", "miles"),
        named("to", "km", "kilometers"),
    ),
    single(
        "sum",
        "calculate (17.5 + 3) * 12",
        goal("sumthing", part=("eqsolver",)),
        ("(17.5 + 3) * 12", "(17.5+3)*12"),
    ),
    single(
        "holidays", "public holidays in France in 2027", goal("holidex"), ("FR", "France"), 2027
    ),
    single(
        "workdays",
        "How many working days between 2026-12-01 and 2027-01-15?",
        goal("workdays"),
        named("start", "2026-12-01"),
        named("end", "2027-01-15"),
    ),
    single("clock", "what time is it in Auckland", goal("timezoner"), "Auckland"),
    single(
        "parcel",
        "Where is my parcel? Tracking number JD014600006281234567",
        goal("parceltrace"),
        "JD014600006281234567",
    ),
)
"""Words, media, journeys, papers and the rest."""
