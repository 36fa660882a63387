"""Users of the portal as bytes on sockets: one thread, so light that it takes little from the portal beside it."""

import asyncio
import random
import re
import time
from dataclasses import dataclass, field

WARM_UP = 5
"""Seconds that are not counted."""
Times = dict[str, list[float]]
_QUERIES = ("", "?status=open", "?sort=customer", "?search=8", "?channel=call", "?decile=10")
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


@dataclass
class Asker:
    """One user on one connection: a branch's or a manager's lists, or look-ups of some customers.

    Parameters
    ----------
    port : int
        Of the portal.
    session : str
        Key of the user's session.
    numbers : list of str
        Customers to look up; none: lists.
    draw : Random
        Draws what is asked for.
    """

    port: int
    session: str
    numbers: list[str]
    draw: random.Random
    form: tuple[str, str] = ("", "")
    connection: "_Connection | None" = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """``list`` or ``look-up``."""
        return "look-up" if self.numbers else "list"

    async def ask(self) -> bool:
        """Ask once; whether the answer came and is a page."""
        try:
            if self.numbers and not self.form[0]:
                await self._open_form()
            head, _body = await self._answer(self._request())
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.connection = None
            return False
        return head.startswith(b"HTTP/1.1 200 ")

    async def _open_form(self) -> None:
        """The page of look-ups holds the token that a look-up has to send back."""
        head, body = await self._answer(self._bytes("GET /counter"))
        cookie, token = re.search(rb"csrftoken=(\w+)", head), re.search(rb'middlewaretoken" value="(\w+)"', body)
        assert cookie and token
        self.form = cookie[1].decode(), token[1].decode()

    def _request(self) -> bytes:
        if not self.numbers:
            return self._bytes(f"GET /lists{self.draw.choice(_QUERIES)}", "HX-Request: true\r\n")
        number = self.draw.choice(self.numbers)
        return self._bytes("POST /counter", body=f"csrfmiddlewaretoken={self.form[1]}&number={number}")

    def _bytes(self, what: str, more: str = "", body: str = "") -> bytes:
        if body:
            more += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        cookies = f"Cookie: sessionid={self.session}; csrftoken={self.form[0]}\r\n"
        return f"{what} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{cookies}{more}\r\n{body}".encode()

    async def _answer(self, request: bytes) -> tuple[bytes, bytes]:
        if self.connection is None or self.connection.closed:
            loop = asyncio.get_running_loop()
            _transport, self.connection = await loop.create_connection(_Connection, "127.0.0.1", self.port)
        return await asyncio.wait_for(self.connection.exchange(request), 30)


class _Connection(asyncio.Protocol):
    """A connection that is kept: one request, then its whole answer."""

    def __init__(self) -> None:
        self.closed = False
        self.received = bytearray()
        self.answer: asyncio.Future[tuple[bytes, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def exchange(self, request: bytes) -> "asyncio.Future[tuple[bytes, bytes]]":
        assert self.transport is not None
        self.received.clear()
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        length = _LENGTH.search(self.received, 0, end + 2) if end >= 0 else None
        if length and len(self.received) >= end + 4 + int(length[1]) and self.answer and not self.answer.done():
            self.answer.set_result((bytes(self.received[:end]), bytes(self.received[end + 4 :])))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self.answer and not self.answer.done():
            self.answer.set_exception(exc or ConnectionResetError("the portal closed the connection"))


async def ask_all(askers: list[Asker], *, seconds: float = 0, answers: int = 0, pause: float) -> Times:
    """Milliseconds of each answer by kind; those that were no answer as ``error``.

    Parameters
    ----------
    seconds, answers : float and int
        How long they ask, after a warm-up; or how many answers each gets, after a tenth that is not counted.
    pause : float
        Seconds from one question to the next, of each; an answer that takes longer is waited for.
    """
    times: Times = {"list": [], "look-up": [], "error": []}
    start = time.perf_counter()
    for asker in askers:
        asker.connection = None

    async def one(asker: Asker) -> None:
        await asyncio.sleep(asker.draw.random() * pause)
        given = 0
        while given < answers * 1.1 if answers else time.perf_counter() < start + WARM_UP + seconds:
            before, given = time.perf_counter(), given + 1
            answered = await asker.ask()
            now = time.perf_counter()
            if given > answers * 0.1 if answers else before > start + WARM_UP:
                times[asker.kind if answered else "error"].append((now - before) * 1000)
            await asyncio.sleep(max(0.0, pause - (now - before)))

    await asyncio.gather(*map(one, askers))
    for asker in askers:
        if asker.connection and asker.connection.transport:
            asker.connection.transport.close()
    return times
