"""What stands after a colon, for services that work on no material: values like any others."""

from domain import schemas
from domain.catalogue import ServiceListing
from domain.goals import Reading
from domain.kinds import Mention
from domain.literals import is_bare
from domain.mentions import mentions_in
from domain.roles import Role, role_of
from domain.values import is_text, types_of

_WORKED_ON = frozenset({Role.TEXT, Role.QUERY})


def opened(reading: Reading, listing: ServiceListing) -> Reading:
    """A request as a service reads it: "tide times: Whitby, 3 June 2027" gives no text to one.

    Quoted material stays closed. Material of a service that works on texts or data does, too.
    """
    bare = [one for one in reading.literals if is_bare(reading.text, one)]
    if not bare or _works_on_material(listing):
        return reading
    inside = (
        one
        for one in mentions_in(reading.text, closed=_closed(reading))
        if any(host.start <= one.start and one.end <= host.end for host in bare)
    )
    kept = [one for one in reading.mentions if one not in bare]
    return reading.model_copy(update={"mentions": (*kept, *inside)})


def _closed(reading: Reading) -> tuple[Mention, ...]:
    return tuple(one for one in reading.literals if not is_bare(reading.text, one))


def _works_on_material(listing: ServiceListing) -> bool:
    for name, schema in schemas.properties_of(listing.input_schema).items():
        kinds = types_of(schema)
        if kinds & {"array", "object"} or (is_text(schema) and role_of(name, schema) in _WORKED_ON):
            return True
    return False
