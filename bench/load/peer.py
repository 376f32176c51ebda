"""The peer: a chat service as this exercise is usually written, with FastAPI, SQLAlchemy, Redis and Celery.

It promises less: its allowance is a counter read before it is written, no key makes a send safe to repeat, a task that
Redis loses is lost, and a session cannot be ended before its token runs out.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any

import jwt
from celery import Celery
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from redis import Redis
from sqlalchemy import ForeignKey, Index, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

KEY = os.environ["PEER_KEY"]
engine = create_engine(os.environ["PEER_DATABASE_URL"], pool_size=16, max_overflow=16)
make_session = sessionmaker(engine, expire_on_commit=False)
redis = Redis.from_url(os.environ["PEER_REDIS_URL"], decode_responses=True)
queue = Celery("peer", broker=os.environ["PEER_REDIS_URL"])
app = FastAPI()
bearer = HTTPBearer()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    mobile_number: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    tier: Mapped[str]


class Usage(Base):
    __tablename__ = "usage"
    user_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int]


class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    user_id: Mapped[int]
    content: Mapped[str]
    gemini_response: Mapped[str | None]
    status: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (Index("messages_of_room", "room_id", "id"),)


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UserOut(Shown):
    id: int
    mobile_number: str
    display_name: str
    is_pro: bool = False


class MessageOut(Shown):
    id: int
    room_id: int
    user_id: int
    content: str
    gemini_response: str | None
    status: str
    created_at: datetime


class RoomOut(Shown):
    id: int
    user_id: int
    name: str
    created_at: datetime
    updated_at: datetime


class RoomWithMessages(RoomOut):
    messages: list[MessageOut]


class Send(BaseModel):
    content: str = Field(min_length=1, max_length=16_000)


def database() -> Iterator[Session]:
    with make_session() as session:
        yield session


Database = Annotated[Session, Depends(database)]


def current_user(token: Annotated[HTTPAuthorizationCredentials, Depends(bearer)], session: Database) -> User:
    try:
        claims = jwt.decode(token.credentials, KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None
    user = session.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(401, "No such user")
    return user


Me = Annotated[User, Depends(current_user)]


def room_of(session: Session, user: User, room_id: int) -> Room:
    room = session.scalar(select(Room).where(Room.id == room_id, Room.user_id == user.id))
    if room is None:
        raise HTTPException(404, "No such room")
    return room


@app.get("/user/me", response_model=UserOut)
def me(user: Me) -> User:
    return user


@app.get("/chatroom", response_model=list[RoomOut])
def rooms(user: Me, session: Database) -> Any:
    if cached := redis.get(f"rooms:{user.id}"):
        return json.loads(cached)
    rows = session.scalars(select(Room).where(Room.user_id == user.id).order_by(Room.updated_at.desc()).limit(50))
    shown = [RoomOut.model_validate(row).model_dump(mode="json") for row in rows]
    redis.set(f"rooms:{user.id}", json.dumps(shown), ex=300)
    return shown


@app.get("/chatroom/{room_id}", response_model=RoomWithMessages)
def room(room_id: int, user: Me, session: Database) -> dict[str, Any]:
    found = room_of(session, user, room_id)
    return {**RoomOut.model_validate(found).model_dump(), "messages": newest(session, room_id)}


@app.get("/chatroom/{room_id}/messages", response_model=list[MessageOut])
def messages(room_id: int, user: Me, session: Database) -> list[Message]:
    room_of(session, user, room_id)
    return newest(session, room_id)


def newest(session: Session, room_id: int) -> list[Message]:
    rows = session.scalars(select(Message).where(Message.room_id == room_id).order_by(Message.id.desc()).limit(20))
    return list(rows)[::-1]


@app.get("/message/{message_id}", response_model=MessageOut)
def message(message_id: int, user: Me, session: Database) -> Message:
    found = session.scalar(select(Message).where(Message.id == message_id, Message.user_id == user.id))
    if found is None:
        raise HTTPException(404, "No such message")
    return found


@app.post("/chatroom/{room_id}/message", response_model=MessageOut, status_code=202)
def send(room_id: int, body: Send, user: Me, session: Database) -> Message:
    found = room_of(session, user, room_id)
    if redis.incr(f"sends:{user.id}") > 1_000_000_000:
        raise HTTPException(429, "Too many messages")
    today = datetime.now(UTC).date()
    usage = session.get(Usage, (user.id, today))
    if usage is None:
        usage = Usage(user_id=user.id, day=today, used=0)
        session.add(usage)
    if usage.used >= 1_000_000_000:
        raise HTTPException(429, "Limit reached")
    usage.used += 1
    found.updated_at = func.now()
    row = Message(room_id=room_id, user_id=user.id, content=body.content, status="queued", created_at=datetime.now(UTC))
    session.add(row)
    session.commit()
    redis.delete(f"rooms:{user.id}")
    queue.send_task("answer", [row.id], queue="peer")
    return row
