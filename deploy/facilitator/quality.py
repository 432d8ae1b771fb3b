"""A listing's record: a labelled sample where one is shipped, plus what was really settled."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from deploy.facilitator.store import Entry, Store

WINDOW: Final = timedelta(days=30)
"""The window the bazaar's quality figures speak about."""


class SampleRecord(BaseModel):
    """An invented record of one demo listing; always published as ``source: sample``."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="forbid")

    total_calls: int = Field(alias="l30DaysTotalCalls", ge=0)
    successful_calls: int = Field(alias="l30DaysSuccessfulCalls", ge=0)
    unique_payers: int = Field(alias="l30DaysUniquePayers", ge=0)
    last_called_minutes_ago: int = Field(ge=0)
    latency_ms_p50: int = Field(ge=0)
    latency_ms_p95: int = Field(ge=0)


def load_samples(path: Path | None) -> dict[str, SampleRecord]:
    """Read the shipped records, by URL path."""
    if path is None:
        return {}
    raw = json.loads(path.read_text())["records"]
    return {url_path: SampleRecord.model_validate(record) for url_path, record in raw.items()}


class QualityBook:
    """Publishes the record of each catalogued resource."""

    def __init__(
        self, store: Store, samples: Mapping[str, SampleRecord], started: datetime
    ) -> None:
        self._store = store
        self._samples = samples
        self._started = started

    def of(self, entry: Entry, now: datetime) -> dict[str, Any]:
        """Return the record as the bazaar publishes it.

        A settlement adds a successful call: the facilitator sees money move, never whether
        the buyer was served.
        """
        measured = self._store.measured(entry.url, since=(now - WINDOW).timestamp())
        last = None if measured.last_at is None else datetime.fromtimestamp(measured.last_at, UTC)
        sample = self._sample(entry)
        if sample is not None and last is None:
            last = self._started - timedelta(minutes=sample.last_called_minutes_ago)
        return {
            "l30DaysTotalCalls": measured.calls + (sample.total_calls if sample else 0),
            "l30DaysSuccessfulCalls": measured.calls + (sample.successful_calls if sample else 0),
            "l30DaysUniquePayers": measured.payers + (sample.unique_payers if sample else 0),
            "lastCalledAt": last.isoformat() if last else None,
            "latencyMsP50": sample.latency_ms_p50 if sample else None,
            "latencyMsP95": sample.latency_ms_p95 if sample else None,
            "source": "sample" if sample else "measured",
            "measured": {"settledCalls": measured.calls, "uniquePayers": measured.payers},
        }

    def _sample(self, entry: Entry) -> SampleRecord | None:
        # Only indexed sellers: anyone may name a path, nobody inherits a record by doing so.
        return self._samples.get(urlsplit(entry.url).path) if entry.root is not None else None
