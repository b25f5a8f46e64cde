"""What an operator may set: one environment variable with the prefix `TANGGAP_` a field.

Owns names, units, defaults and limits of all settings. The only place of a service that reads the environment.
`python -m shared.kit.settings` writes the page `docs/settings.md`, which a test compares.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "TANGGAP_"
KIB = 1024


class Installation(BaseSettings):
    """What every program of an installation must know: its name, which tokens and logs carry."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    installation: str = Field(
        default="dev", pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="name of this installation"
    )


def installation_name() -> str:
    """The installation's name, as the environment gives it."""
    return Installation().installation


class Settings(Installation):
    """One service's settings. Addresses with passwords and tokens stay out of every representation."""

    service: str = Field(min_length=1, pattern=r"^[a-z][a-z0-9_]*$", description="name of the service")
    database_url: str = Field(repr=False, description="PostgreSQL, role that runs the service")
    owner_database_url: str | None = Field(
        default=None, repr=False, description="PostgreSQL, role that owns the tables; only `tanggap migrate` uses it"
    )
    redis_url: str = Field(repr=False, description="Redis 7.0 or later, or Valkey")
    keys_dir: Path = Field(description="folder of the keys, outside the database and its backups")
    service_token: SecretStr | None = Field(default=None, description="bearer token this service shows its peers")
    peers: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, description="addresses of the other services: `name=url,name=url` or a JSON object"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8600, ge=0, le=65_535, description="port to listen on; 0 takes a free one")
    timezone: str = Field(default="Asia/Jakarta", description="zone of legal dates")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")

    body_limit_bytes: int = Field(default=256 * KIB, ge=KIB, description="request body as sent, in bytes")
    expanded_body_limit_bytes: int = Field(
        default=4096 * KIB, ge=KIB, description="request body after expanding, in bytes"
    )
    rate_limit_per_minute: int = Field(
        default=6000, ge=0, description="requests a minute one person or post may send; 0 is without limit"
    )
    rate_burst_requests: int = Field(default=1000, ge=1, description="requests that may come at once")

    pool_connections: int = Field(default=20, ge=2, description="connections to the database")
    statement_timeout_ms: int = Field(default=30_000, ge=100, description="longest statement, in milliseconds")
    batch_commands: int = Field(default=200, ge=1, le=1000, description="most commands of one transaction")
    consume_batch_events: int = Field(default=200, ge=1, le=1000, description="most events of one read")
    publish_poll_ms: int = Field(default=250, ge=10, description="publisher's fallback poll, in milliseconds")
    lease_s: int = Field(default=15, ge=2, description="how long a replica owns a partition unrenewed, in seconds")
    stop_deadline_s: int = Field(default=10, ge=1, description="time a clean stop may take, in seconds")
    park_after_attempts: int = Field(default=3, ge=1, description="attempts before an entry that kills is parked")

    retention_floor_days: int = Field(default=7, ge=0, description="days every stream entry is kept at least")
    stream_memory_cap_mib: int = Field(
        default=1024, ge=16, description="memory of this service's streams at which trimming wins, in MiB"
    )
    consumers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="consumers whose cursors hold back trimming: `name,name`"
    )

    @field_validator("peers", mode="before")
    @classmethod
    def _read_peers(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("{"):
            return orjson.loads(value)
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        return {name.strip(): url.strip() for name, _, url in pairs}

    @field_validator("peers")
    @classmethod
    def _check_peers(cls, peers: dict[str, str]) -> dict[str, str]:
        if not all(name and url.startswith(("http://", "https://")) for name, url in peers.items()):
            raise ValueError("peers are name=http://… pairs")
        return {name: url.rstrip("/") for name, url in peers.items()}

    @field_validator("consumers", mode="before")
    @classmethod
    def _read_consumers(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def settings_page() -> str:
    """The page of all settings, in Markdown."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    head = [
        "# Settings",
        "",
        "A service reads these environment variables at start. `python -m shared.kit.settings` writes this page.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{PREFIX}{name.upper()}` | {_default_of(field)} | {field.description} |"


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "none" if default is None or default in ({}, ()) else f"`{default}`"


if __name__ == "__main__":
    sys.stdout.write(settings_page())
