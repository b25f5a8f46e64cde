"""A small app behind the real edge: crates that are counted, notes that come in batches."""

import io
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from joserfc.jwk import KeySet
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.responses import Response

from shared.kit.access.roles import Principal, require
from shared.kit.access.tokens import Grant, SigningKey, TokenVerifier, create_token_keys, issue, load_public_keys
from shared.kit.database import Database
from shared.kit.decisions.types import Accepted, Failed, KeyReused, Logged, Outcome, Refusal, Refused
from shared.kit.errors import DomainError
from shared.kit.http import intake
from shared.kit.http.app import AppParts, create_app
from shared.kit.http.direct import DirectRoute
from shared.kit.http.idempotency import answer, request_key, require_key
from shared.kit.http.intake import ItemProblem, batch_answer, invalid_item, parse_batch
from shared.kit.http.paging import PageRequest, page, page_request
from shared.kit.observe.logging import configure_logging
from shared.kit.observe.metrics import Metrics
from shared.kit.settings import Settings

INSTALLATION = "test"
NIK = "6206015203850001"
SECRET = b"s" * 32

clerk = require("clerk")


class Crate(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    label: str = Field(min_length=1, max_length=8)
    count: int = Field(ge=1, le=1000)
    packed_at: AwareDatetime | None = Field(default=None, strict=False)

    @field_validator("label")
    @classmethod
    def _no_spaces(cls, value: str) -> str:
        if " " in value:
            raise ValueError(f"the label {value} holds a space")
        return value


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    text_code: str = Field(pattern=r"^[a-z]{1,8}$")


class CrateLost(DomainError):
    slug = "crate-lost"
    status = 409
    detail = "The crate %(crate_id)s is lost."
    next_step = "Look again."


class Crates:
    """Remembers what was asked, so that a test sees what reached a route and under which key."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[bytes, Accepted]] = {}
        self.stored = 0

    def keep(self, key: str, fingerprint: bytes) -> Outcome:
        known = self.answers.get(key)
        if known is not None:
            return Accepted(known[1].events, replayed=True) if known[0] == fingerprint else KeyReused()
        self.stored += 1
        logged = Logged(key, "toy.crate_kept.v1", f"crate/{self.stored}", 1, self.stored, ("late",))
        self.answers[key] = (fingerprint, Accepted((logged,)))
        return self.answers[key][1]


def settings(**changes: Any) -> Settings:
    """Settings of a test, with nothing that is reached."""
    values: dict[str, Any] = {
        "service": "toy",
        "installation": INSTALLATION,
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "redis_url": "redis://127.0.0.1:1",
        "keys_dir": Path("keys"),
        "rate_limit_per_minute": 0,
        **changes,
    }
    return Settings(**values)


class Toy:
    """The app, its keys and its log lines."""

    def __init__(self, keys_dir: Path, **changes: Any) -> None:
        self.key: SigningKey = create_token_keys(keys_dir)
        self.keys: KeySet = load_public_keys(keys_dir)
        self.metrics = Metrics("toy")
        self.crates = Crates()
        self.log = io.StringIO()
        self.down = False
        self.broken: Exception | None = None
        configure_logging("toy", level="debug", stream=self.log)
        self.app: FastAPI = create_app(
            AppParts(
                title="Toy",
                version="1",
                settings=settings(**changes),
                verifier=TokenVerifier(self.keys, installation=INSTALLATION),
                metrics=self.metrics,
                routers=[_router(self), _intake(self)],
                checks={"database": self._database},
                flow=self._flow,
            )
        )

    def token(self, *roles: str, ttl: timedelta = timedelta(hours=1), **changes: Any) -> str:
        """A token of this installation."""
        grant = Grant("person-1", roles or ("clerk",), {"area": ("62.06",)}, device_id="phone-1")
        return issue(self.key, grant, installation=changes.pop("installation", INSTALLATION), ttl=ttl, **changes)

    async def _database(self) -> None:
        if self.down:
            raise ConnectionRefusedError(f"password of {NIK}")

    async def _flow(self) -> Mapping[str, Any]:
        return {"publisher": {}, "parked": {}}


def _router(toy: Toy) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.post("/crates", status_code=201)
    async def keep_crate(
        crate: Crate,
        request: Request,
        key: Annotated[str, Depends(require_key)],
        principal: Annotated[Principal, Depends(clerk)],
    ) -> Response:
        asked = request_key(request, scope=principal.person_id, key=key, secret=SECRET)
        return answer(toy.crates.keep(asked.key, asked.fingerprint), toy.app.state.languages)

    @router.get("/crates")
    async def list_crates(
        request: Request, asked: Annotated[PageRequest, Depends(page_request)], _: Annotated[Principal, Depends(clerk)]
    ) -> Response:
        after = asked.key(int)
        begin = int(after[0]) if after else 0
        rows = [{"number": number} for number in range(begin + 1, 6)][: asked.limit + 1]
        return page(request, asked, rows, lambda row: (row["number"],), as_of=7)

    @router.get("/crates/{crate_id}")
    async def find_crate(crate_id: int, principal: Annotated[Principal, Depends(clerk)]) -> dict[str, str]:
        principal.demand("area", "62.06.01")
        if crate_id == 1:
            raise CrateLost(crate_id=crate_id)
        if crate_id == 3:
            async with Database(settings().database_url).reading():
                return {}
        raise RuntimeError(f"secret {NIK} of Siti")

    @router.post("/refused")
    async def refused(_: Annotated[Principal, Depends(require("approver"))]) -> Response:
        refusal = Refusal("toy-refused", "The crate is sealed.", "Open it first.", status=403)
        return answer(Refused(refusal, replayed=True), toy.app.state.languages)

    return router


def _intake(toy: Toy) -> APIRouter:
    router = APIRouter(prefix="/v1", route_class=DirectRoute)

    @router.post("/events", openapi_extra=intake.DESCRIPTION)
    async def take_notes(request: Request, _: Annotated[Principal, Depends(clerk)]) -> Response:
        answers: list[tuple[str, Outcome] | ItemProblem] = []
        for item in await parse_batch(request):
            answers.append(item if isinstance(item, ItemProblem) else _take(toy, item.id, item.event))
        if toy.broken is not None:
            raise toy.broken
        return batch_answer(answers, toy.app.state.languages)

    return router


def _take(toy: Toy, event_id: str, event: dict[str, Any]) -> tuple[str, Outcome] | ItemProblem:
    try:
        note = Note.model_validate(event["data"])
    except ValidationError as error:
        return invalid_item(event_id, error, toy.app.state.languages)
    match note.text_code:
        case "refuse":
            return event_id, Refused(Refusal("note-refused", "The note is refused.", "Write another."))
        case "fail":
            return event_id, Failed(ValueError(NIK))
        case _:
            return event_id, toy.crates.keep(event_id, note.text_code.encode())
