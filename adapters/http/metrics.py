"""The figures of one API process for Prometheus: requests, their time, the committer's work.

Each process has its own page; under `--workers N` the scraper sees the one that answered.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapters.record.postgres import PostgresRecord

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_COUNTED = {
    "batches": "Commits of the record",
    "commands": "Commands stored",
    "events": "Events stored",
    "batch_seconds": "Seconds spent committing",
    "loads": "Times streams were asked for",
    "selects": "Statements these became",
}
_SEALED = {
    "size_events": "Events in the sealed log",
    "lag_events": "Events recorded but not sealed",
    "lag_seconds": "How long the oldest of them has waited",
    "witnessed_size_events": "Events in the last checkpoint that enough witnesses cosigned",
    "witnessed_age_seconds": "Time since enough witnesses cosigned a checkpoint",
    "trouble": "1 while the sealer stands still and needs an operator",
}


class Metrics(Collector):
    """Counts requests and reads the committer's figures when asked."""

    def __init__(self) -> None:
        """Start at nothing, in a registry of our own."""
        self.registry = CollectorRegistry()
        self._record: PostgresRecord | None = None
        self._lag: dict[str, int] = {}
        self._seal: dict[str, float] = {}
        self._requests = Counter(
            "hub_requests", "Requests answered", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "hub_request_seconds",
            "Time from first byte in to last byte out",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(self)
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def watch(self, record: PostgresRecord) -> None:
        """Show this record's committer."""
        self._record = record

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is the pattern, never a path with ids."""
        key = (route, status)
        children = self._children.get(key)
        if children is None:
            children = (self._requests.labels(route, status), self._seconds.labels(route))
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def note_lag(self, lag: dict[str, int]) -> None:
        """Keep how many events each projection is behind, as last seen."""
        self._lag = lag

    def note_seal(self, figures: dict[str, float]) -> None:
        """Keep how the sealed log stands, as last seen; what is not known is left out."""
        self._seal = figures

    def page(self) -> bytes:
        """Return the page in Prometheus' text form."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        """Give the figures that are read, not counted, here."""
        lag = GaugeMetricFamily("hub_projection_lag_events", "Events behind", labels=["projection"])
        for name, events in sorted(self._lag.items()):
            lag.add_metric([name], events)
        yield lag
        for name, value in self._seal.items():
            yield GaugeMetricFamily(f"hub_seal_{name}", _SEALED[name], value)
        if self._record is None:
            return
        figures = self._record.figures()
        waiting = figures["waiting_commands"]
        yield GaugeMetricFamily("hub_commands_waiting", "Commands waiting for a commit", waiting)
        for name, words in _COUNTED.items():
            yield CounterMetricFamily(f"hub_record_{name}", words, figures[name])
        per_batch = figures["commands"] / max(figures["batches"], 1)
        yield GaugeMetricFamily("hub_commands_per_commit", "Mean since the start", per_batch)
