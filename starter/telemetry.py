"""Where a worker's metrics go: to whoever scrapes it, or to a collector. Once per process."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from temporalio.runtime import OpenTelemetryConfig, PrometheusConfig, Runtime, TelemetryConfig

from activities._metrics import ANSWER_MILLISECONDS, SETTLE_MILLISECONDS
from domain.errors import Misconfigured
from domain.settings import Settings

_MILLISECONDS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
"""Bounds of histograms: a good seller answers in 50 ms, and none is given more than a minute."""

_BUCKETS: Final[dict[str, Sequence[float]]] = {
    ANSWER_MILLISECONDS: _MILLISECONDS,
    SETTLE_MILLISECONDS: _MILLISECONDS,
}


def runtime_for(settings: Settings) -> Runtime | None:
    """Begin to export metrics; ``None`` where no setting asks for it.

    Raises:
        Misconfigured: Two ways are set, or the one that is cannot be used.
    """
    address, endpoint = settings.metrics_address, settings.otlp_endpoint
    if address and endpoint:
        raise Misconfigured(
            "CARAVAN_METRICS_ADDRESS and CARAVAN_OTLP_ENDPOINT are both set; a worker exports to "
            "one of them"
        )
    metrics: PrometheusConfig | OpenTelemetryConfig
    if address:
        metrics = PrometheusConfig(bind_address=address, histogram_bucket_overrides=_BUCKETS)
        setting = f"CARAVAN_METRICS_ADDRESS={address}"
    elif endpoint:
        # The port of gRPC takes no path, and HTTP needs one.
        over_http = bool(urlsplit(endpoint).path.strip("/"))
        metrics = OpenTelemetryConfig(
            url=endpoint, http=over_http, histogram_bucket_overrides=_BUCKETS
        )
        setting = "CARAVAN_OTLP_ENDPOINT"
    else:
        return None
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except (RuntimeError, ValueError) as err:
        raise Misconfigured(f"{setting} cannot be used: {err}") from err
