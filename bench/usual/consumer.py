"""The usual way, second service: a need is stored for each household that arrives.

Owns one FastStream subscriber of a consumer group: one message, one session, one commit, one acknowledgement.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI
from faststream.redis import RedisBroker, StreamSub
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench.usual.contract import GROUP, STREAM, HouseholdRegistered

# Perka BNPB 7/2008, a person a week: grams of rice, millilitres to drink and of clean water, fifths of a family kit.
RATION = {"beras": 2_800, "air-mineral": 17_500, "air-bersih": 67_000, "family-kit": 1}


class Base(DeclarativeBase):
    """The service's tables."""


class Need(Base):
    """What a household is due."""

    __tablename__ = "need"

    household_id: Mapped[str] = mapped_column(primary_key=True)
    disaster_id: Mapped[str]
    area_code: Mapped[str] = mapped_column(index=True)
    person_count: Mapped[int]
    created_at: Mapped[datetime]
    lines: Mapped[list["NeedLine"]] = relationship(back_populates="need", cascade="all, delete-orphan")


class NeedLine(Base):
    """How much of an item a household is due."""

    __tablename__ = "need_line"

    household_id: Mapped[str] = mapped_column(ForeignKey("need.household_id"), primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    need: Mapped[Need] = relationship(back_populates="lines")


engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
broker = RedisBroker(os.environ["REDIS_URL"], log_level=logging.DEBUG)


@broker.subscriber(stream=StreamSub(STREAM, group=GROUP, consumer="1", max_records=100))
async def record_need(event: HouseholdRegistered) -> None:
    """Store what the household is due."""
    async with sessions() as opened:
        opened.add(
            Need(
                household_id=event.household_id,
                disaster_id=event.disaster_id,
                area_code=event.area_code,
                person_count=event.person_count,
                created_at=datetime.now(UTC).replace(tzinfo=None),
                lines=[
                    NeedLine(item_code=item_code, quantity=quantity * event.person_count)
                    for item_code, quantity in RATION.items()
                ],
            )
        )
        await opened.commit()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Tables and broker."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await broker.start()
    yield
    await broker.stop()
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    """Whether it consumes."""
    return {"status": "ready"}


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(os.environ["TANGGAP_PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
