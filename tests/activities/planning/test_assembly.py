"""Who is bought for an input that the request does not give."""

from typing import Any

from activities.planning.assembly import with_service
from activities.planning.parts import Key, Lack, Parts
from domain.catalogue import ServiceListing
from tests.activities.planning.shortlists import candidates
from tests.fakes.builders import listing

TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def service(name: str, does: str, takes: dict[str, Any], gives: dict[str, Any]) -> ServiceListing:
    return listing(name, description=does, input_schema=takes, output_schema=gives)


GEOCODER = service(
    "finder",
    "Names of places to points",
    form(place=TEXT),
    form(latitude=NUMBER, longitude=NUMBER),
)
TIDES = service("tides", "Tide table of a point", form(lat=NUMBER, lon=NUMBER), form(high=NUMBER))
MAIL = service(
    "mail",
    "Send an e-mail",
    form(to={"type": "string", "format": "email"}, subject=TEXT, body=TEXT),
    form(sent={"type": "boolean"}),
)


def added(text: str, wanted: ServiceListing, *others: ServiceListing) -> Parts | Lack:
    known = candidates(text, wanted, *others)
    return with_service(known, Key(wanted.id), {})


def test_a_point_comes_from_who_knows_where_a_named_place_is() -> None:
    parts = added("tide table in Porto", TIDES, GEOCODER)

    assert not isinstance(parts, Lack)
    assert list(parts) == [Key(GEOCODER.id), Key(TIDES.id)]
    feeds = parts[Key(TIDES.id)].feeds
    assert {name: feed.link.path for name, feed in feeds.items()} == {
        "lat": "latitude",
        "lon": "longitude",
    }


def test_a_number_said_in_passing_is_no_latitude() -> None:
    assert isinstance(added("tide table for 12 people", TIDES), Lack)


def test_nobody_is_bought_for_a_point_where_no_place_is_named() -> None:
    assert isinstance(added("tide table for tomorrow", TIDES, GEOCODER), Lack)


def test_a_mail_is_headed_without_paying_anybody_for_it() -> None:
    news = service("news", "Latest news", form(), form(subject=TEXT, body=TEXT))

    parts = added('e-mail "We won." to ana@club.example', MAIL, news)

    assert not isinstance(parts, Lack)
    assert list(parts) == [Key(MAIL.id)]
    assert parts[Key(MAIL.id)].fills["subject"].value


def test_the_labels_of_a_chart_and_its_values_are_one_makers() -> None:
    texts = {"type": "array", "items": TEXT}
    numbers = {"type": "array", "items": NUMBER}
    chart = service("chart", "Draw a chart", form(days=texts, values=numbers), form(image_url=TEXT))
    tolls = service("tolls", "Chart of tolls", form(), form(value=numbers))
    tides = service("tides", "Chart of tides in a port", form(), form(days=texts, heights=numbers))

    parts = added("draw a chart of the tides", chart, tolls, tides)

    assert not isinstance(parts, Lack)
    assert {feed.key for feed in parts[Key(chart.id)].feeds.values()} == {Key(tides.id)}


def test_words_of_an_order_are_no_text_where_another_one_gives_it() -> None:
    speech = service(
        "speech",
        "Read texts out loud",
        form(q={"type": "string", "description": "Text to read"}),
        form(audio_url=TEXT),
    )
    poem = service("poem", "Write a poem", form(), form(poem=TEXT))
    known = candidates("write a poem, then read it out loud for granny", poem, speech)
    poems = with_service(known, Key(poem.id), {})

    assert not isinstance(poems, Lack)
    parts = with_service(known, Key(speech.id), poems)

    assert not isinstance(parts, Lack)
    assert parts[Key(speech.id)].feeds["q"].key == Key(poem.id)


def test_of_two_texts_the_one_that_is_spoken_of_is_taken() -> None:
    speech = service("speech", "Read texts out loud", form(content=TEXT), form(audio_url=TEXT))
    talk = service("talk", "Look up a talk", form(), form(text=TEXT, abstract=TEXT))
    known = candidates("look up a talk and read its abstract out loud", talk, speech)
    talks = with_service(known, Key(talk.id), {})

    assert not isinstance(talks, Lack)
    parts = with_service(known, Key(speech.id), talks)

    assert not isinstance(parts, Lack)
    assert parts[Key(speech.id)].feeds["content"].link.path == "abstract"
