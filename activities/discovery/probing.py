"""Asking the sellers that could be chosen for their price, before any of them is."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import JsonValue

from activities.discovery.knowing import Knowledge
from activities.discovery.ports import Prober
from domain import schemas
from domain.breakers import host_key
from domain.catalogue import Gate, ServiceListing
from domain.ids import ListingId
from domain.probing import PROBE_SECONDS, Probe, Sighting, terms_lie

MAX_PROBED: Final = 40
"""Sellers asked for one request."""

_AT_ONCE: Final = 16
"""Sellers asked at the same time."""

_AT_ONCE_OF_HOST: Final = 4
"""Of them at one host, so that one that dawdles cannot keep the others waiting."""

PATIENCE_SECONDS: Final = PROBE_SECONDS + 0.5
"""How long all of them together may take; planning waits for it."""

Problem = tuple[Gate, str]


class _Seen(NamedTuple):
    listing: ServiceListing
    sighting: Sighting
    problem: Problem | None


class _LetIn(NamedTuple):
    """Who may be asked now, who when the first of its host has answered, and who may not."""

    now: list[ServiceListing]
    then: list[ServiceListing]
    refused: dict[ListingId, Problem]


class Scouts:
    """Looks at sellers without paying, and keeps what they showed."""

    def __init__(self, knowledge: Knowledge, prober: Prober | None) -> None:
        """Look through ``prober``; without one nobody is asked, and what is known must do."""
        self._knowledge = knowledge
        self._prober = prober

    @property
    def can_look(self) -> bool:
        """Whether there is anybody to send."""
        return self._prober is not None

    def known_problem(self, listing: ListingId) -> Problem | None:
        """Why a fresh look says that a listing may not be bought."""
        probe = self._knowledge.fresh_probe(listing)
        if probe is None or probe.problem is None:
            return None
        return ("alive" if probe.answer_ms is None else "terms"), probe.problem

    def unseen(self, listings: Sequence[ListingId]) -> list[ListingId]:
        """Those that nobody looked at lately."""
        return [one for one in listings if self._knowledge.fresh_probe(one) is None]

    async def look_at(self, listings: Sequence[ServiceListing]) -> Mapping[ListingId, Problem]:
        """Ask sellers, and return why those that may not be bought may not.

        Those whose turn did not come in time are left out for now, and nothing is kept of them.
        """
        if self._prober is None:
            return {}
        let_in = await self._let_in(listings)
        seen = await self._ask(self._prober, let_in.now[:MAX_PROBED])
        await self._keep(seen)
        problems = {one.listing.id: one.problem for one in seen if one.problem is not None}
        asked = {one.listing.id for one in seen}
        late: Problem = ("alive", "its turn to say its price did not come in time; ask again")
        problems |= {one.id: late for one in let_in.now if one.id not in asked}
        if let_in.then:
            problems |= await self.look_at(let_in.then)
        return let_in.refused | problems

    async def _let_in(self, listings: Sequence[ServiceListing]) -> _LetIn:
        """One of each host whose breaker is half open, and only if nobody else looks at it now."""
        found = _LetIn([], [], {})
        tried: set[str] = set()
        for listing in listings:
            host = host_key(listing.url)
            is_next = host in tried
            if not is_next and self._knowledge.is_half_open(host):
                await self._knowledge.try_again(host)
                tried.add(host)
            refusal = self._knowledge.host_problem(host)
            if refusal is not None:
                found.refused[listing.id] = ("breaker", refusal)
            else:
                (found.then if is_next else found.now).append(listing)
        return found

    async def _ask(self, prober: Prober, listings: Sequence[ServiceListing]) -> list[_Seen]:
        gate = asyncio.Semaphore(_AT_ONCE)
        doors: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(_AT_ONCE_OF_HOST)
        )

        async def look(listing: ServiceListing) -> _Seen:
            async with doors[host_key(listing.url)], gate:
                sighting = await prober.look(listing)
            return _Seen(listing, sighting, problem_of(listing, sighting))

        tasks = [asyncio.create_task(look(listing)) for listing in listings]
        if not tasks:
            return []
        done, late = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [task.result() for task in tasks if task in done]

    async def _keep(self, seen: Sequence[_Seen]) -> None:
        now = self._knowledge.now()
        silent = {
            host_key(one.listing.url): one.sighting.words
            for one in seen
            if one.sighting.kind == "silent"
        }
        well = {host_key(one.listing.url) for one in seen if one.sighting.kind != "silent"}
        await self._knowledge.keep(
            [
                Probe(
                    listing_id=one.listing.id,
                    at=now,
                    answer_ms=one.sighting.answer_ms,
                    terms=one.sighting.terms,
                    problem=one.problem[1] if one.problem else None,
                )
                for one in seen
            ],
            # A host of which one door answers is there.
            silent={host: words for host, words in silent.items() if host not in well},
            well=well,
        )


def problem_of(listing: ServiceListing, sighting: Sighting) -> Problem | None:
    """Why a seller must not be chosen by what it showed; ``None`` when it may."""
    match sighting.kind:
        case "silent" | "refuses":
            return "alive", sighting.words
        case "free":
            return None
        case "asks":
            lie = terms_lie(listing, sighting) or _schema_lie(listing, sighting)
            return ("terms", lie) if lie else None


def _schema_lie(listing: ServiceListing, sighting: Sighting) -> str | None:
    """Say how the live 402 declares another input than the listing, so that ours would not fit."""
    live = _declared_input(sighting.extensions)
    if not schemas.properties_of(live):
        return None
    missing = [
        name
        for name in schemas.required_names(live)
        if name not in schemas.properties_of(listing.input_schema)
    ]
    if missing:
        return f"its live 402 requires {', '.join(missing)[:120]}, which its listing does not name"
    conflict = schemas.mismatch(listing.input_schema, live, where="its input")
    return f"its live 402 declares another input than its listing: {conflict}" if conflict else None


def _declared_input(extensions: JsonValue) -> schemas.Schema:
    """The input schema that a live 402 declares; empty when it declares none."""
    found = extensions
    for name in ("bazaar", "schema", "properties", "input", "properties"):
        found = found.get(name) if isinstance(found, dict) else None
    parts = found if isinstance(found, dict) else {}
    declared = parts.get("body") or parts.get("queryParams")
    return declared if isinstance(declared, dict) else {}
