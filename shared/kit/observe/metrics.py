"""Numbers an operator watches, in Prometheus' format.

Owns the metrics' names, units and buckets, one registry an app. What requests and decisions do is counted as it
happens; what flows between services is read from the flow report when somebody looks. Labels are routes,
partitions and names of services: never ids of people.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """All metrics of one service's process."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "tanggap_http_request_seconds",
            "time to answer a request",
            ("method", "route", "status"),
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.batch_commands = Histogram(
            "tanggap_decision_batch_commands",
            "commands decided in one transaction",
            buckets=BATCH_BUCKETS,
            registry=self.registry,
        )
        self.step_seconds = Histogram(
            "tanggap_decision_step_seconds",
            "time of a step of a decision batch",
            ("step",),
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.outcomes = Counter(
            "tanggap_decision_outcomes", "commands by what became of them", ("outcome",), registry=self.registry
        )
        self.effect_seconds = Histogram(
            "tanggap_effect_seconds",
            "time from logged at the source to decided here",
            ("source",),
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self._flow = FlowCollector()
        self.registry.register(self._flow)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. `route` is the template, never the address as sent."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def exposition(self, flow: Mapping[str, Any]) -> bytes:
        """All metrics as Prometheus reads them, with those of the flow report `flow`."""
        self._flow.report = flow
        return generate_latest(self.registry)


class FlowCollector(Collector):
    """Turns the report behind `/health/flow` into metrics: publisher, owned partitions, lag, what was set aside."""

    def __init__(self) -> None:
        self.report: Mapping[str, Any] = {}

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names depend on the report."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The metrics of the report that was given last."""
        yield from _publisher(self.report.get("publisher") or {})
        yield from _consumers(self.report.get("consumers") or {})
        if "parked" in self.report:
            yield _gauge("parked_entries", "entries set aside", "source", self.report["parked"])


def _publisher(report: Mapping[str, Any]) -> Iterable[Metric]:
    if not report:
        return
    yield _gauge("publisher_lag_entries", "logged but not yet published", "partition", report["unsent"])
    yield GaugeMetricFamily(
        "tanggap_publisher_age_seconds", "age of the oldest entry not yet published", value=report["age_s"]
    )
    yield CounterMetricFamily("tanggap_published_entries", "entries appended to the streams", value=report["sent"])
    yield CounterMetricFamily(
        "tanggap_publisher_failures", "appends that failed and were tried again", value=report["failures"]
    )


def _consumers(report: Mapping[str, Any]) -> Iterable[Metric]:
    if not report:
        return
    yield GaugeMetricFamily("tanggap_broker_up", "1 if the broker answers", value=int(bool(report["broker"])))
    labels = ("source", "partition")
    gauges = {
        "lag": GaugeMetricFamily(
            "tanggap_consumer_lag_entries", "known at the source, not applied here", labels=labels
        ),
        "cursor": GaugeMetricFamily("tanggap_consumer_cursor", "number of the last entry applied", labels=labels),
        "forked": GaugeMetricFamily("tanggap_consumer_forked", "1 if the source contradicts itself", labels=labels),
    }
    counters = {
        "applied": CounterMetricFamily("tanggap_consumed_entries", "entries applied", labels=labels),
        "batches": CounterMetricFamily("tanggap_consumed_batches", "transactions that applied entries", labels=labels),
        "failures": CounterMetricFamily("tanggap_consumer_failures", "batches that failed", labels=labels),
    }
    partitions = report["partitions"]
    for one in partitions:
        place = [one["source"], str(one["partition"])]
        for name, gauge in gauges.items():
            gauge.add_metric(place, int(one[name]))
        for name, counter in counters.items():
            counter.add_metric(place, int(one[name]))
    yield GaugeMetricFamily("tanggap_owned_partitions", "partitions this process owns", value=len(partitions))
    yield from (*gauges.values(), *counters.values())


def _gauge(name: str, text: str, label: str, values: Mapping[Any, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"tanggap_{name}", text, labels=(label,))
    for value_of, value in values.items():
        family.add_metric([str(value_of)], value)
    return family
