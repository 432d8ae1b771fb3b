"""Requests in which one service needs what another gives: chains, and where they meet."""

from tests.evals.asking import goal, multi, named, need, shape

_CHART = goal("chart.line", part=("piebar",))
_SUMMARY = goal("text.summarise")
_TRANSLATE = goal("text.translate")
_PDF = goal("doc.text-to-pdf", part=("doc.html-to-pdf",))
_MAIL = goal("mail.send")
_HEADLINES = goal("news.headlines")
_FOX = ("a red fox in the snow", "red fox in the snow", "a picture of a red fox in the snow")

REQUESTS = (
    multi(
        "chart-eth",
        "Chart the price of ETH over the last 60 days",
        (goal("tokenhist"), _CHART),
        shape(
            need("prices", "tokenhist", given=("ETH", 60)),
            need("chart", "chart.line", feeds_on=("prices",)),
        ),
    ),
    multi(
        "forecast-sol",
        "take the last 180 days of SOL prices and forecast the next 30 days",
        (goal("tokenhist"), goal("foresight")),
        shape(
            need("prices", "tokenhist", given=("SOL", 180)),
            need("forecast", "foresight", given=(30,), feeds_on=("prices",)),
        ),
    ),
    multi(
        "odd-fx",
        "Find anomalies in the EUR/USD exchange rate of the past year",
        (goal("fx-archive"), goal("oddpoint")),
        shape(
            need(
                "rates",
                "fx-archive",
                given=(named("base|from", "EUR"), named("quote|to", "USD"), 365),
            ),
            need("odd", "oddpoint", feeds_on=("rates",)),
        ),
    ),
    multi(
        "news-digest",
        "Summarise the latest headlines about climate",
        (_HEADLINES, _SUMMARY),
        shape(
            need("news", "news.headlines", given=("climate",)),
            need("summary", "text.summarise", feeds_on=("news",)),
        ),
    ),
    multi(
        "page-summary",
        "read https://blog.example/launch and give me a short summary",
        (goal("web.read-page"), _SUMMARY),
        shape(
            need("page", "web.read-page", given=("https://blog.example/launch",)),
            need("summary", "text.summarise", feeds_on=("page",)),
        ),
    ),
    multi(
        "page-german",
        "Translate the article at https://blog.example/launch into German",
        (goal("web.read-page"), _TRANSLATE),
        shape(
            need("page", "web.read-page", given=("https://blog.example/launch",)),
            need("german", "text.translate", given=(("German", "de"),), feeds_on=("page",)),
        ),
    ),
    multi(
        "pdf-summary",
        "Extract the text from https://files.example/annual-report.pdf, summarise it and translate"
        " the summary into Spanish.",
        (goal("doc.pdf-text"), _SUMMARY, _TRANSLATE),
        shape(
            need("text", "doc.pdf-text", given=("https://files.example/annual-report.pdf",)),
            need("summary", "text.summarise", feeds_on=("text",)),
            need("spanish", "text.translate", given=(("Spanish", "es"),), feeds_on=("summary",)),
        ),
    ),
    multi(
        "call-actions",
        "Transcribe https://audio.example/standup.mp3 and then summarise the transcript",
        (goal("audio.transcribe"), _SUMMARY),
        shape(
            need("words", "audio.transcribe", given=("https://audio.example/standup.mp3",)),
            need("summary", "text.summarise", feeds_on=("words",)),
        ),
    ),
    multi(
        "call-mood",
        "transcribe the call https://audio.example/support-7.wav & tell me the sentiment",
        (goal("audio.transcribe"), goal("text.sentiment")),
        shape(
            need("words", "audio.transcribe", given=("https://audio.example/support-7.wav",)),
            need("mood", "text.sentiment", feeds_on=("words",)),
        ),
    ),
    multi(
        "tube-brief",
        "What's this video about? https://youtube.com/watch?v=9bZkp7q19f0 Get the transcript and"
        " summarise it",
        (goal("tubescript"), _SUMMARY),
        shape(
            need("words", "tubescript", given=("https://youtube.com/watch?v=9bZkp7q19f0",)),
            need("summary", "text.summarise", feeds_on=("words",)),
        ),
    ),
    multi(
        "tube-audio",
        "Get the transcript of https://youtube.com/watch?v=abc123, translate it to Italian and read"
        " it out loud as audio",
        (goal("tubescript"), _TRANSLATE, goal("audio.speak")),
        shape(
            need("words", "tubescript", given=("https://youtube.com/watch?v=abc123",)),
            need("italian", "text.translate", given=(("Italian", "it"),), feeds_on=("words",)),
            need("audio", "audio.speak", feeds_on=("italian",)),
        ),
    ),
    multi(
        "scan-translate",
        "Read the text in the image https://pics.example/menu-osaka.jpg and translate it to"
        " English",
        (goal("textlift"), _TRANSLATE),
        shape(
            need("text", "textlift", given=("https://pics.example/menu-osaka.jpg",)),
            need("english", "text.translate", given=(("English", "en"),), feeds_on=("text",)),
        ),
    ),
    multi(
        "geo-hourly",
        "Geocode Chamonix and get the hourly point forecast for those coordinates",
        (goal("geo.geocode"), goal("gridcast", part=("weather.forecast",))),
        shape(
            need("where", "geo.geocode", given=("Chamonix",)),
            need("hours", "gridcast", feeds_on=("where",)),
        ),
    ),
    multi(
        "height",
        "what's the elevation of La Paz above sea level",
        (goal("altimeter"),),
        shape(
            need("where", "geo.geocode", given=("La Paz",)),
            need("height", "altimeter", feeds_on=("where",)),
        ),
    ),
    multi(
        "news-mail",
        "Get the latest headlines about robotics, summarise them and email the summary to"
        ' ana@example.com with the subject "Robots today"',
        (_HEADLINES, _SUMMARY, _MAIL),
        shape(
            need("news", "news.headlines", given=("robotics",)),
            need("summary", "text.summarise", feeds_on=("news",)),
            need(
                "mail",
                "mail.send",
                given=("ana@example.com", named("subject", "Robots today")),
                feeds_on=("summary",),
            ),
        ),
    ),
    multi(
        "paper-pdf",
        'find papers about "sleep and memory", summarise the abstracts and make a PDF of the'
        " summary",
        (goal("science.papers"), _SUMMARY, _PDF),
        shape(
            need("papers", "science.papers", given=("sleep and memory",)),
            need("summary", "text.summarise", feeds_on=("papers",)),
            need("pdf", "mark2pdf", feeds_on=("summary",)),
        ),
    ),
    multi(
        "reviews-mood",
        'collect customer reviews of the "Kindle Paperwhite", tell me the overall sentiment and the'
        " key phrases",
        (goal("reviewdigest"), goal("text.sentiment"), goal("keyphraser")),
        shape(
            need("reviews", "reviewdigest", given=("Kindle Paperwhite",)),
            need("mood", "text.sentiment", feeds_on=("reviews",)),
            need("phrases", "keyphraser", feeds_on=("reviews",)),
        ),
    ),
    multi(
        "wiki-quiz",
        'Make a quiz from the encyclopedia article on "Marie Curie"',
        (goal("wikibrief"), goal("quizmint")),
        shape(
            need("article", "wikibrief", given=("Marie Curie",)),
            need("quiz", "quizmint", feeds_on=("article",)),
        ),
    ),
    multi(
        "picture-up",
        "generate a picture of a red fox in the snow and upscale it 4x",
        (goal("image.generate"), goal("upscalr")),
        shape(
            need(
                "picture",
                "image.generate",
                given=(_FOX,),
            ),
            need("large", "upscalr", given=(4,), feeds_on=("picture",)),
        ),
    ),
    multi(
        "shot-describe",
        "Take a screenshot of https://shop.example/ and describe it",
        (goal("snapsite"), goal("image.describe")),
        shape(
            need("shot", "snapsite", given=("https://shop.example/",)),
            need("words", "image.describe", feeds_on=("shot",)),
        ),
    ),
    multi(
        "clean-transcribe",
        "Remove the noise from https://audio.example/street.mp3, then transcribe it",
        (goal("hushpuppy"), goal("audio.transcribe")),
        shape(
            need("clean", "hushpuppy", given=("https://audio.example/street.mp3",)),
            need("words", "audio.transcribe", feeds_on=("clean",)),
        ),
    ),
    multi(
        "rewrite-mail",
        'Rewrite "send the invoice now or else" in a friendly tone and mail it to'
        ' tom@example.org, subject "Invoice"',
        (goal("rephrase-it"), _MAIL),
        shape(
            need("nice", "rephrase-it", given=("send the invoice now or else", "friendly")),
            need(
                "mail",
                "mail.send",
                given=("tom@example.org", named("subject", "Invoice")),
                feeds_on=("nice",),
            ),
        ),
    ),
    multi(
        "search-contract",
        "pull the text out of https://files.example/lease.pdf and review the contract for risky"
        " clauses",
        (goal("doc.pdf-text"), goal("clausewise")),
        shape(
            need("text", "doc.pdf-text", given=("https://files.example/lease.pdf",)),
            need("risks", "clausewise", feeds_on=("text",)),
        ),
    ),
    multi(
        "redact-store",
        'Redact the personal data in "Call Ann on 555 0100" and store the result on IPFS',
        (goal("pii-mask"), goal("pinbarn")),
        shape(
            need("masked", "pii-mask", given=("Call Ann on 555 0100",)),
            need("stored", "pinbarn", feeds_on=("masked",)),
        ),
    ),
    multi(
        "stock-chart-mail",
        "I want the price history of ETH for 90 days: a chart of it, a forecast for 14 days,"
        " and any"
        " anomalies",
        (goal("tokenhist"), _CHART, goal("foresight"), goal("oddpoint")),
        shape(
            need("prices", "tokenhist", given=("ETH", 90)),
            need("chart", "chart.line", feeds_on=("prices",)),
            need("forecast", "foresight", given=(14,), feeds_on=("prices",)),
            need("odd", "oddpoint", feeds_on=("prices",)),
        ),
    ),
    multi(
        "five-step",
        "Extract the text of https://files.example/minutes.pdf, summarise it, translate the"
        " summary to"
        " French, turn the translation into a PDF and also read the translation out loud",
        (goal("doc.pdf-text"), _SUMMARY, _TRANSLATE, _PDF, goal("audio.speak")),
        shape(
            need("text", "doc.pdf-text", given=("https://files.example/minutes.pdf",)),
            need("summary", "text.summarise", feeds_on=("text",)),
            need("french", "text.translate", given=(("French", "fr"),), feeds_on=("summary",)),
            need("pdf", "mark2pdf", feeds_on=("french",)),
            need("audio", "audio.speak", feeds_on=("french",)),
        ),
    ),
    multi(
        "tvl-chart",
        "Plot Aave's total value locked for the last 30 days",
        (goal("tvl-index"), _CHART),
        shape(
            need("locked", "tvl-index", given=("Aave", 30)),
            need("chart", "chart.line", feeds_on=("locked",)),
        ),
    ),
)
"""Two to five steps each."""
