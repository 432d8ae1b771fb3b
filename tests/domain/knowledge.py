"""Anything that may be known of a service, for properties that must hold whatever it is."""

from datetime import timedelta

from hypothesis import strategies as st

from domain.catalogue import Quality
from domain.observing import Standing
from domain.scoring import Evidence
from tests.fakes.builders import NOW

counts = st.integers(min_value=0, max_value=10**9)
ages = st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=900))
qualities = st.builds(
    lambda age, **given: Quality(last_called_at=None if age is None else NOW - age, **given),
    age=ages,
    calls=counts,
    successful_calls=st.none() | counts,
    unique_payers=counts,
    latency_p50_ms=st.none() | counts,
    latency_p95_ms=st.none() | counts,
    source=st.sampled_from(["measured", "sample", "none"]),
)
weighed = st.floats(min_value=0, max_value=1_000)
standings = st.builds(
    Standing,
    delivered=weighed,
    failed=weighed,
    calls=st.integers(0, 5_000),
    p95_ms=st.none() | counts,
    refunds_kept=weighed,
    refunds_broken=weighed,
)
evidences = st.builds(Evidence, standing=standings, answer_ms=st.none() | counts)
