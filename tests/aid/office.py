"""The aid service as its users reach it: officers, approvers and auditors, over HTTP on the real app."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from services.aid.claims.chain import claim_ids
from services.aid.service import SERVICE
from shared.kit.access.tokens import Grant, issue, load_signing_key
from shared.kit.runtime import Runtime
from shared.kit.settings import Settings
from tests.aid.builders import new_id, nik
from tests.running import INSTALLATION, PATIENCE_S, serving, settings_for


@dataclass
class Office:
    """The running service, and the tokens of the people who use it."""

    runtime: Runtime
    client: httpx.AsyncClient

    @property
    def today(self) -> date:
        return self.runtime.today()

    def token(self, *roles: str, subject: str | None = None) -> str:
        """A token; each role is another person unless a subject says otherwise."""
        grant = Grant(subject or f"person-{roles[0]}", roles)
        key = load_signing_key(self.runtime.settings.keys_dir)
        return issue(key, grant, installation=INSTALLATION, ttl=timedelta(hours=1))

    async def post(
        self, path: str, body: Any = None, *, token: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """An office command, under a new Idempotency-Key unless one is given."""
        headers = {
            "Authorization": f"Bearer {token or self.token('aid_officer')}",
            "Idempotency-Key": key or str(uuid.uuid4()),
            "Accept-Language": "en",
        }
        return await self.client.post(path, json={} if body is None else body, headers=headers)

    async def done(self, path: str, body: Any = None, **how: Any) -> Any:
        """The content of the answer to a command that must be taken."""
        answered = await self.post(path, body, **how)
        assert answered.status_code in (200, 201), answered.text
        return answered.json()

    async def get(self, path: str, *, token: str | None = None, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token('auditor')}", "Accept-Language": "en"}
        return await self.client.get(path, params=params or None, headers=headers)

    async def seen(self, path: str, *, token: str | None = None, **params: Any) -> Any:
        """The content of a read that must succeed."""
        answered = await self.get(path, token=token, **params)
        assert answered.status_code == 200, answered.text
        return answered.json()

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            content = await self.seen(path, **params, **after)
            rows += content["items"]
            if "next" not in content:
                return rows
            after = {"after": content["next"]}

    async def until(self, path: str, content: Mapping[str, Any]) -> Any:
        """Wait until a read shows this content among the rest."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answered = await self.get(path)
                if answered.status_code == 200 and content.items() <= answered.json().items():
                    return answered.json()
                await asyncio.sleep(0.02)

    async def until_items(self, path: str) -> list[dict[str, Any]]:
        """Wait until a list has rows."""
        async with asyncio.timeout(PATIENCE_S):
            while not (rows := await self.items(path)):
                await asyncio.sleep(0.02)
        return rows

    async def claim_of(self, cause: str, number: int = 1, **content: Any) -> dict[str, Any]:
        """Wait for a cause's claim of this number, as soon as it shows this content."""
        shown: dict[str, Any] = await self.until(f"/v1/claims/{claim_ids(cause)[number - 1]}", content)
        return shown

    async def norms(self) -> None:
        await self.done("/v1/benefits/norms", token=self.token("approver"))

    async def budget(self, amount_idr: int = 100_000_000, fund_source: str = "kemensos") -> str:
        """An enacted budget's id."""
        budget_id = new_id()
        proposal = {
            "budget_id": budget_id,
            "fiscal_year": self.today.year,
            "fund_source": fund_source,
            "programme_code": "1.06.05",
            "amount_idr": amount_idr,
        }
        await self.done("/v1/budgets", proposal)
        await self.done(f"/v1/budgets/{budget_id}/enactment", self.enactment(amount_idr), token=self.token("approver"))
        return budget_id

    def enactment(self, amount_idr: int, **changes: Any) -> dict[str, Any]:
        return {
            "amount_idr": amount_idr,
            "enactment_number": "Perda 7/2025",
            "enacted_on": self.today.isoformat(),
            "valid_until": f"{self.today.year}-12-31",
            **changes,
        }

    async def prepared(self, claim: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A claim after its preparation."""
        await self.done(f"/v1/claims/{claim['id']}/preparation", preparation(claim, **changes))
        shown: dict[str, Any] = await self.seen(f"/v1/claims/{claim['id']}")
        return shown

    async def approved(self, claim: dict[str, Any], budget_id: str) -> dict[str, Any]:
        """A claim after its preparation and approval."""
        prepared = await self.prepared(claim)
        await self.done(
            f"/v1/claims/{claim['id']}/approval", approval(prepared, budget_id), token=self.token("approver")
        )
        shown: dict[str, Any] = await self.seen(f"/v1/claims/{claim['id']}")
        return shown

    def transfer(self, claim: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return {
            "claim_id": claim["id"],
            "payout_id": new_id(),
            "paid_on": self.today.isoformat(),
            "bank_reference": "BRI-2026-000123",
            **changes,
        }


def preparation(claim: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The content of a preparation."""
    return {
        "claim_version": claim["version"],
        "name": "Siti Contoh",
        "nik": nik(),
        "relation": "spouse",
        "bank_code": "002",
        "account_number": "0123456789",
        "account_holder": "SITI CONTOH",
        "papers": [{"paper": "akta_kematian", "number": "6206-KM-1/2026"}, {"paper": "surat_ahli_waris"}],
        "heirs": [{"name": "Siti Contoh", "relation": "spouse", "signed": True}],
        **changes,
    }


def approval(claim: dict[str, Any], budget_id: str, **changes: Any) -> dict[str, Any]:
    """The content of an approval of what was prepared."""
    return {
        "claim_version": claim["prepared_version"],
        "amount_idr": claim["amount_idr"],
        "payee_commitment": claim["payee_commitment"],
        "budget_id": budget_id,
        **changes,
    }


def slug(answered: httpx.Response) -> str:
    """The slug of a problem."""
    return slug_of(answered.json())


def slug_of(problem: dict[str, Any]) -> str:
    type_: str = problem["type"]
    return type_.removeprefix("urn:tanggap:problem:")


def settings_of(database_url: str, redis_url: str, keys_dir: Path) -> Settings:
    return settings_for("aid", database_url, redis_url, keys_dir)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Office]:
    """The migrated, started service behind an HTTP client."""
    async with serving(SERVICE, settings) as (runtime, client):
        yield Office(runtime, client)
