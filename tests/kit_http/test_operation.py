"""What operators see: health, metrics, the description of the interface, log lines, settings."""

import io
import json
import logging
from pathlib import Path

import httpx
import pytest
import structlog
from pydantic import ValidationError

from shared.kit.observe.logging import configure_logging
from shared.kit.observe.metrics import Metrics
from shared.kit.observe.tracing import Trace
from shared.kit.settings import Settings, settings_page
from tests.kit_http.test_problems import assert_problem
from tests.kit_http.toy import NIK, Toy

ROOT = Path(__file__).parents[2]


async def test_ready_names_what_is_missing_but_not_why(client: httpx.AsyncClient, toy: Toy) -> None:
    """A failed check is named; its message, which may hold a password, is neither answered nor logged."""
    assert (await client.get("/health/ready")).json() == {"status": "ok", "checks": {"database": "ok"}}
    toy.down = True
    response = await client.get("/health/ready")
    document = assert_problem(response, 503, "not-ready")
    assert document["checks"] == {"database": "failed"}
    assert response.headers["retry-after"] == "2"
    assert "password" not in response.text + toy.log.getvalue()
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/flow")).json() == {"publisher": {}, "parked": {}}


async def test_metrics_count_routes_not_addresses(client: httpx.AsyncClient) -> None:
    """Labels are templates, so that no id and no made-up address becomes a label."""
    await client.get("/v1/crates/1")
    await client.get(f"/v1/{NIK}")
    await client.request("BREW", "/v1/crates")
    text = (await client.get("/metrics")).text
    assert 'tanggap_http_request_seconds_count{method="GET",route="/v1/crates/{crate_id}",status="409"} 1.0' in text
    assert 'route="unmatched",status="404"} 1.0' in text
    assert NIK not in text
    assert "BREW" not in text


def test_metrics_show_the_flow_report() -> None:
    """Lag, age and owned partitions come from the report behind /health/flow."""
    partition = {"source": "other", "partition": 3, "lag": 5, "cursor": 7, "forked": False}
    counts = {"applied": 7, "batches": 2, "failures": 1}
    report = {
        "publisher": {"unsent": {0: 4}, "age_s": 1.5, "sent": 9, "failures": 0},
        "consumers": {"broker": True, "partitions": [{**partition, **counts}]},
        "parked": {"other": 2},
    }
    lines = Metrics("toy").exposition(report).decode().splitlines()
    for expected in (
        'tanggap_publisher_lag_entries{partition="0"} 4.0',
        "tanggap_publisher_age_seconds 1.5",
        "tanggap_owned_partitions 1.0",
        'tanggap_consumer_lag_entries{partition="3",source="other"} 5.0',
        'tanggap_consumed_entries_total{partition="3",source="other"} 7.0',
        'tanggap_parked_entries{source="other"} 2.0',
    ):
        assert expected in lines


async def test_description_tells_problems_and_tokens(client: httpx.AsyncClient) -> None:
    """OpenAPI 3.1 with one problem schema in place of the framework's, and a token where one is needed."""
    description = (await client.get("/openapi.json")).json()
    assert description["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(description)
    keep = description["paths"]["/v1/crates"]["post"]
    assert keep["security"] == [{"token": []}]
    for status in ("400", "401", "403", "413", "415", "422", "429", "default"):
        assert keep["responses"][status] == {"$ref": "#/components/responses/Problem"}
    assert description["paths"]["/health/live"]["get"]["security"] == []
    key = next(parameter for parameter in keep["parameters"] if parameter["name"] == "Idempotency-Key")
    assert key["required"] is True


def test_log_line_keeps_only_listed_keys() -> None:
    """What is not on the list is dropped and counted, and a long number in a listed text is masked."""
    stream = io.StringIO()
    configure_logging("toy", stream=stream)
    structlog.get_logger().info(f"kept {NIK}", slug="x", nik=NIK, person={"name": "Siti"}, count=3)
    line = json.loads(stream.getvalue())
    assert line["event"] == "kept [number]"
    assert (line["slug"], line["count"], line["service"], line["dropped"]) == ("x", 3, "toy", 2)
    assert "Siti" not in stream.getvalue()
    assert NIK not in stream.getvalue()


def test_message_under_a_name_is_dropped() -> None:
    """`error` holds a type's name; a message there may hold somebody's input."""
    stream = io.StringIO()
    configure_logging("toy", stream=stream)
    structlog.get_logger().info("failed", error="ValueError")
    structlog.get_logger().info("failed", error="no such person: Siti")
    named, message = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert named["error"] == "ValueError"
    assert message["dropped"] == 1
    assert "Siti" not in stream.getvalue()


def test_exception_is_logged_without_its_values() -> None:
    """Types, causes and places of an exception are told; its messages are not."""
    stream = io.StringIO()
    configure_logging("toy", stream=stream)
    try:
        try:
            raise KeyError(NIK)
        except KeyError as error:
            raise ValueError(f"Siti {NIK}") from error
    except ValueError:
        structlog.get_logger().error("failed", exc_info=True)
    line = json.loads(stream.getvalue())
    assert line["exception"] == "builtins.ValueError"
    assert line["cause"] == "builtins.KeyError"
    assert any("test_operation.py" in frame for frame in line["frames"])
    assert NIK not in stream.getvalue()
    assert "Siti" not in stream.getvalue()


def test_library_line_is_logged_by_its_template() -> None:
    """A library's values, and texts it filled itself, are left out."""
    stream = io.StringIO()
    configure_logging("toy", stream=stream)
    logging.getLogger("sqlalchemy.pool").warning("connection of %s lost", NIK)
    logging.getLogger("asyncio").error(f"task of Siti {NIK}")
    template, filled = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (template["event"], template["logger"]) == ("connection of %s lost", "sqlalchemy.pool")
    assert filled["event"] == "library message"
    assert "Siti" not in stream.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "x" * 1000,
    ],
)
def test_malformed_trace_is_none(header: str | None) -> None:
    """W3C Trace Context 3.2.2: what does not fit begins a new trace."""
    assert Trace.parse(header) is None


def test_trace_of_a_later_version_is_read() -> None:
    """Later versions may append fields; the known ones are read."""
    trace = Trace.parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")
    assert trace is not None
    assert trace.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_page_of_settings_is_up_to_date() -> None:
    """`python -m shared.kit.settings > docs/settings.md` was run after the last change."""
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers are pairs or JSON, consumers a list."""
    _required(monkeypatch)
    monkeypatch.setenv("TANGGAP_PEERS", "a=http://a:1, b=http://b:2")
    monkeypatch.setenv("TANGGAP_CONSUMERS", "a,b")
    read = Settings()
    assert read.peers == {"a": "http://a:1", "b": "http://b:2"}
    assert read.consumers == ("a", "b")
    monkeypatch.setenv("TANGGAP_PEERS", '{"c":"http://c:3"}')
    assert Settings().peers == {"c": "http://c:3"}


@pytest.mark.parametrize("peers", ["a", "a=", "{", "a=ftp://x"])
def test_malformed_peers_stop_the_start(monkeypatch: pytest.MonkeyPatch, peers: str) -> None:
    """A peer without a usable address is a mistake of the operator."""
    _required(monkeypatch)
    monkeypatch.setenv("TANGGAP_PEERS", peers)
    with pytest.raises(ValidationError):
        Settings()


def test_secrets_of_settings_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the representation nor a validation error tells a password or token."""
    _required(monkeypatch)
    monkeypatch.setenv("TANGGAP_SERVICE_TOKEN", "token-secret")
    assert "secret" not in repr(Settings())
    monkeypatch.setenv("TANGGAP_PORT", "secret")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "secret" not in str(caught.value)


def _required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGGAP_SERVICE", "toy")
    monkeypatch.setenv("TANGGAP_DATABASE_URL", "postgresql+asyncpg://u:secret@h/d")
    monkeypatch.setenv("TANGGAP_REDIS_URL", "redis://u:secret@h")
    monkeypatch.setenv("TANGGAP_KEYS_DIR", "keys")
