"""What an input named by a direction takes is told by the service around it."""

from typing import Any

import pytest

from domain.contexts import roles_of
from domain.roles import Role
from tests.fakes import builders

TEXT = {"type": "string"}


def roles(description: str, **inputs: dict[str, Any]) -> dict[str, Role]:
    schema = {"type": "object", "properties": {**inputs}}
    return dict(roles_of(builders.listing(description=description, input_schema=schema)))


@pytest.mark.parametrize(
    ("description", "role"),
    [
        ("Sends an e-mail to one recipient.", Role.EMAIL),
        ("Text messages, delivered in seconds.", Role.PHONE),
        ("Text translation between 80 languages.", Role.LANGUAGE),
        ("Converts an amount at exchange rates of the day.", Role.CURRENCY),
        ("Cheapest flights of all airlines.", Role.PLACE),
        ("Historic readings of a sensor.", Role.DATE),
        ("Ports code from one programming language to another.", Role.NAME),
        ("Units of every kind.", Role.NAME),
        ("Does it.", Role.NAME),
    ],
)
def test_a_direction_is_of_what_its_service_speaks_of(description: str, role: Role) -> None:
    assert roles(description, to=TEXT)["to"] is role


def test_one_end_is_what_the_other_is() -> None:
    found = roles("Counts.", start=TEXT | {"description": "ISO date"}, end=TEXT)

    assert found == {"start": Role.DATE, "end": Role.DATE}


def test_the_ends_of_a_stay_somewhere_are_days() -> None:
    found = roles("Hotels for those who travel.", city=TEXT, **{"from": TEXT}, to=TEXT)

    assert found == {"city": Role.PLACE, "from": Role.DATE, "to": Role.DATE}


def test_what_an_example_shows_is_not_overruled() -> None:
    found = roles("Translates units and mails them.", to=TEXT | {"examples": ["km"]})

    assert found["to"] is not Role.EMAIL


def test_the_code_of_a_language_shows_one_where_texts_are_translated() -> None:
    shown = TEXT | {"description": "ISO code", "examples": ["fr"]}

    assert roles("Translates texts.", to=shown)["to"] is Role.LANGUAGE
    assert roles("Sends mail.", to=shown)["to"] is Role.NAME


def test_an_address_on_a_net_is_no_place() -> None:
    assert roles("Tells where an IP is.", addr=TEXT)["addr"] is Role.IP
    assert roles("Tells where a house is.", address=TEXT)["address"] is Role.PLACE
