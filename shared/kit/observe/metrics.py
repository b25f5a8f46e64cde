"""Numbers an operator watches, in Prometheus' format.

Owns the metrics' names, units and buckets, one registry an app. Labels are routes, partitions and names of
services: never ids of people. Must not measure anything itself.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """All metrics of one service's process."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.service = service
        self._requests = self._histogram(
            "http_request_seconds", "time to answer a request", "method", "route", "status"
        )
        self.batch_commands = self._histogram(
            "decision_batch_commands", "commands decided in one transaction", buckets=BATCH_BUCKETS
        )
        self.step_seconds = self._histogram("decision_step_seconds", "time of a step of a decision batch", "step")
        self.outcomes = self._counter("decision_outcomes", "commands by what became of them", "outcome")
        self.reruns = self._counter("decision_reruns", "batches run again after a deadlock or lost race")
        self.published = self._counter("published_entries", "entries appended to the streams", "partition")
        self.publisher_lag = self._gauge("publisher_lag_entries", "logged but not yet published", "partition")
        self.publisher_age = self._gauge("publisher_age_seconds", "age of the oldest entry not yet published")
        self.publisher_failures = self._counter("publisher_failures", "appends that failed and were tried again")
        self.consumed = self._counter("consumed_entries", "entries applied", "source", "partition")
        self.consumer_lag = self._gauge(
            "consumer_lag_entries", "entries the source published that are not applied yet", "source", "partition"
        )
        self.consumer_batch = self._histogram(
            "consumer_batch_entries", "entries applied in one transaction", buckets=BATCH_BUCKETS
        )
        self.consumer_failures = self._counter("consumer_failures", "applies that failed", "source", "reason")
        self.effect_seconds = self._histogram(
            "consumer_effect_seconds", "time from logged at the source to applied here", "source"
        )
        self.owned = self._gauge("owned_partitions", "partitions this process owns", "source")
        self.parked = self._gauge("parked_entries", "entries set aside", "source")
        self.unknown = self._counter("unknown_events", "events of a type this service does not read", "source")
        self.checkpoint_age = self._gauge("checkpoint_age_seconds", "age of the last signed checkpoint")
        self.log_position = self._gauge("log_position", "last position of the log")

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. `route` is the template, never the address as sent."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def exposition(self) -> bytes:
        """All metrics as Prometheus reads them."""
        return generate_latest(self.registry)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: tuple[float, ...] = LATENCY_BUCKETS_S
    ) -> Histogram:
        return Histogram(f"tanggap_{name}", text, labels, buckets=buckets, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"tanggap_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"tanggap_{name}", text, labels, registry=self.registry)
