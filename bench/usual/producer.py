"""The usual way, first service: a household is stored with its persons, then published.

Owns what a good team would write in its first week with FastAPI, SQLAlchemy's ORM and FastStream: one request, one
session, one commit, one message. `docs/bench.md` says what it lacks.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import uvicorn
from fastapi import Depends, FastAPI
from faststream.redis import RedisBroker
from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench.usual.contract import STREAM, HouseholdIn, HouseholdRegistered


class Base(DeclarativeBase):
    """The service's tables."""


class Household(Base):
    """A registered household."""

    __tablename__ = "household"

    id: Mapped[str] = mapped_column(primary_key=True)
    disaster_id: Mapped[str]
    area_code: Mapped[str] = mapped_column(index=True)
    residence: Mapped[str]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    damage_claimed: Mapped[str | None]
    created_at: Mapped[datetime]
    persons: Mapped[list["Person"]] = relationship(back_populates="household", cascade="all, delete-orphan")


class Person(Base):
    """A member of a household."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    household_id: Mapped[str] = mapped_column(ForeignKey("household.id"), index=True)
    name: Mapped[str]
    sex: Mapped[str]
    birth_date: Mapped[date | None]
    nik: Mapped[str | None] = mapped_column(index=True)
    groups: Mapped[list[str]] = mapped_column(JSONB)
    household: Mapped[Household] = relationship(back_populates="persons")


engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
broker = RedisBroker(os.environ["REDIS_URL"], log_level=logging.DEBUG)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Tables and broker."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await broker.connect()
    yield
    await broker.stop()
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session() -> AsyncIterator[AsyncSession]:
    """A session a request."""
    async with sessions() as opened:
        yield opened


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ready"}


@app.post("/households", status_code=201)
async def register(body: HouseholdIn, opened: AsyncSession = Depends(session)) -> dict[str, str]:
    """Store a household, then tell others."""
    opened.add(
        Household(
            id=body.household_id,
            disaster_id=body.disaster_id,
            area_code=body.area_code,
            residence=body.residence,
            phone=body.phone,
            address=body.address,
            damage_claimed=body.damage_claimed,
            created_at=datetime.now(UTC).replace(tzinfo=None),
            persons=[
                Person(
                    id=person.person_id,
                    name=person.name,
                    sex=person.sex,
                    birth_date=person.birth_date,
                    nik=person.nik,
                    groups=person.groups,
                )
                for person in body.persons
            ],
        )
    )
    await opened.commit()
    await broker.publish(
        HouseholdRegistered(
            household_id=body.household_id,
            disaster_id=body.disaster_id,
            area_code=body.area_code,
            person_count=len(body.persons),
        ),
        stream=STREAM,
    )
    return {"id": body.household_id}


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(os.environ["TANGGAP_PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
