"""Tables of the records; rows hold models as JSON beside the columns that are asked for."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA: Final = MetaData()

_ID: Final = 2_000
"""Characters of a listing's id: a method and the longest address that is read."""

BAZAARS: Final = Table(
    "bazaars",
    METADATA,
    Column("bazaar", String(300), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("problem", Text, nullable=False),
    Column("counted", Text, nullable=False, server_default=""),
)

LISTED: Final = Table(
    "listed",
    METADATA,
    Column("bazaar", String(300), primary_key=True),
    Column("listing_id", String(_ID), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("listing", Text, nullable=False),
    Index("listed_by_listing", "listing_id"),
)
"""What each bazaar says of a listing."""

SHOWN: Final = Table(
    "shown",
    METADATA,
    Column("listing_id", String(_ID), primary_key=True),
    Column("bazaar", String(300), nullable=False),
    Column("digest", String(64), nullable=False),
)
"""Whose words count for a listing now."""

OUTPUTS: Final = Table(
    "outputs",
    METADATA,
    Column("name", String(120), primary_key=True),
    Column("listing_id", String(_ID), primary_key=True),
    Index("outputs_by_listing", "listing_id"),
)

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("mark", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("listing_id", String(_ID), nullable=False, unique=True),
    Column("gone", Boolean, nullable=False),
)
"""The latest change of each listing that ever was."""

QUARANTINE: Final = Table(
    "quarantine",
    METADATA,
    Column("bazaar", String(300), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("number", Integer, nullable=False),
)

TOOLS: Final = Table(
    "tools",
    METADATA,
    Column("bazaar", String(300), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("server", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("number", Integer, nullable=False),
)

STATE: Final = Table(
    "state",
    METADATA,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Single values: the catalogue's version, counters."""

PROBES: Final = Table(
    "probes",
    METADATA,
    Column("listing_id", String(_ID), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("probe", Text, nullable=False),
)

OBSERVATIONS: Final = Table(
    "observations",
    METADATA,
    Column("id", String(200), primary_key=True),
    Column("listing_id", String(_ID), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("observation", Text, nullable=False),
    Index("observations_by_listing", "listing_id", "at"),
)

BREAKERS: Final = Table(
    "breakers",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("breaker", Text, nullable=False),
)

PLANS: Final = Table(
    "plans",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("user", String(200), nullable=False),
    Column("parameters", String(64), nullable=False),
    Column("catalogue", String(64), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Index("plans_by_user", "user", "parameters", "catalogue"),
)
