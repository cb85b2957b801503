"""A service as it is written first: FastAPI, SQLAlchemy's ORM, a response model, and no security at all.

It stores what the product stores of a new consultation, less what security needs: the consultation, its first event
and a row to send.
"""

import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import DateTime, ForeignKey, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

_POOL = 20
"""More than ever are in use at once: opening connections meanwhile would only make it slower."""


class Base(DeclarativeBase):
    """The tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class Consultation(Base):
    """A consultation."""

    __tablename__ = "consultation"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    purpose: Mapped[str]
    case_reference: Mapped[str] = mapped_column(index=True)
    question: Mapped[str]
    person: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    version: Mapped[int]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    events: Mapped[list["Event"]] = relationship(back_populates="consultation")
    messages: Mapped[list["OutboxRow"]] = relationship(back_populates="consultation")


class Event(Base):
    """What happened to a consultation."""

    __tablename__ = "consultation_event"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    consultation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consultation.id"), index=True)
    sequence: Mapped[int]
    action: Mapped[str]
    at: Mapped[datetime]
    consultation: Mapped[Consultation] = relationship(back_populates="events")


class OutboxRow(Base):
    """What is to be sent."""

    __tablename__ = "outbox"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    consultation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consultation.id"))
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    consultation: Mapped[Consultation] = relationship(back_populates="messages")


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class NewConsultation(_Wire):
    """The request."""

    type: str
    purpose: str
    case_reference: str = Field(max_length=64)
    question: str = Field(min_length=1, max_length=10_000)
    person: str = Field(pattern=r"^\d{12}$")


class OpenedConsultation(_Wire):
    """The answer."""

    id: uuid.UUID
    number: str
    state: str
    version: int
    opened_at: datetime
    due_at: datetime


class WholeEvent(_Wire):
    """One event, as it is read."""

    sequence: int
    action: str
    at: datetime


class WholeConsultation(OpenedConsultation):
    """The answer to a reading."""

    type: str
    purpose: str
    case_reference: str
    question: str
    person: str
    events: list[WholeEvent]


def create_app(database_url: str) -> FastAPI:
    """The service on its database, whose tables it makes."""
    engine = create_async_engine(database_url, pool_size=_POOL, max_overflow=_POOL)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    app = FastAPI(lifespan=lifespan)

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/consultation/v1/consultations", status_code=201, response_model=OpenedConsultation)
    async def create(asked: NewConsultation, session: Annotated[AsyncSession, Depends(session)]) -> Consultation:
        consultation = opened(asked, datetime.now(UTC))
        session.add(consultation)
        await session.commit()
        return consultation

    @app.get("/consultation/v1/consultations/{consultation_id}", response_model=WholeConsultation)
    async def read(consultation_id: uuid.UUID, session: Annotated[AsyncSession, Depends(session)]) -> Consultation:
        with_events = select(Consultation).options(selectinload(Consultation.events))
        found = await session.scalar(with_events.where(Consultation.id == consultation_id))
        if found is None:
            raise HTTPException(404)
        return found

    return app


def opened(asked: NewConsultation, now: datetime) -> Consultation:
    """The consultation with its event and the row to send."""
    consultation = Consultation(
        id=uuid.uuid4(),
        number=f"S-{now:%Y}-{secrets.token_hex(6)}",
        **asked.model_dump(),
        state="received",
        version=1,
        opened_at=now,
        due_at=now + timedelta(days=3),
    )
    consultation.events.append(Event(sequence=1, action="open", at=now))
    payload = {"consultationId": str(consultation.id), "number": consultation.number}
    consultation.messages.append(OutboxRow(kind="consultation.opened", payload=payload, at=now))
    return consultation
