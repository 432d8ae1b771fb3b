"""What the form of values tells of which service is asked for."""

import pytest

from domain.catalogue import ServiceListing
from domain.fitting import fit, given_in, needs_of
from domain.schemas import Schema
from tests.fakes.builders import listing


def needing(**inputs: Schema) -> ServiceListing:
    schema: Schema = {"type": "object", "properties": dict(inputs), "required": list(inputs)}
    return listing().model_copy(update={"input_schema": schema})


def text(example: str = "", description: str = "") -> Schema:
    return {"type": "string", "examples": [example], "description": description}


def favour(request: str, *wanted: ServiceListing) -> list[float]:
    return [fit(needs_of(one), given_in(request)) for one in wanted]


NUMBER: Schema = {"type": "number"}
POINT = needing(lat=NUMBER, lon=NUMBER)
IMAGE = needing(image_url=text("https://a.example/b.png"))
SOUND = needing(audio_url=text("https://a.example/b.mp3"))
PAGE = needing(url=text("https://a.example/news"))
SHIP = needing(imo=text("9321483"))
BOOK = needing(isbn=text("9780140449136"))
CITY = needing(city=text("Turin"))


def test_an_address_favours_who_works_on_what_it_leads_to() -> None:
    image, sound, city = favour("shrink https://c.example/cat.jpg", IMAGE, SOUND, CITY)

    assert image > city > sound


def test_an_address_without_an_ending_tells_against_nobody_who_takes_one() -> None:
    image, page, ship = favour("what is on https://c.example/x1", IMAGE, PAGE, SHIP)

    assert page > image == 0.0 > ship


def test_an_identifier_favours_who_shows_one_of_its_form_and_length() -> None:
    ship, book = favour("where is 9074729 now?", SHIP, BOOK)

    assert ship > 0 > book


def test_a_point_is_two_numbers_in_degrees_and_not_any_numbers() -> None:
    assert favour("height at 47.3210, 9.1020", POINT)[0] > 0
    assert favour("3 rooms for 2 nights", POINT)[0] < 0


def test_what_need_not_be_given_tells_nothing() -> None:
    optional = needing(image_url=text()).model_copy(
        update={"input_schema": {"type": "object", "properties": {"image_url": text()}}}
    )

    assert favour("shrink https://c.example/cat.jpg", optional, CITY) == [0.0, 0.0]


def test_a_list_needs_what_its_items_are() -> None:
    many: Schema = {"type": "array", "items": {"type": "string"}, "examples": [["9321483"]]}

    assert favour("where are 9074729 and 9074731", needing(ships=many))[0] > 0


def test_many_needs_count_no_more_than_a_few() -> None:
    dates = {f"date_{number}": text("2026-01-02") for number in range(30)}

    (many,) = favour("on 2026-05-06", needing(**dates))

    assert many <= 1.0


@pytest.mark.parametrize(
    "schema", [{"type": "array", "items": True}, {"type": "array"}, {}, {"examples": "x"}]
)
def test_odd_schemas_need_nothing_that_could_be_told(schema: Schema) -> None:
    assert -1 <= favour("anything", needing(x=schema))[0] <= 0
