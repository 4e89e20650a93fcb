"""What one create request comes to: proof that nothing left, a refusal, a token; else it is uncertain."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator

import anyio
import httpx
import pytest

from bot.ligdicash import client as client_module
from bot.ligdicash.client import Order
from bot.ligdicash.errors import VERDICTS
from bot.ligdicash.readers import Accepted, Doubt, NeverLeft, NoStatus, Refused, Status, Uncertain, Word
from storage.payout import Endpoint, Way
from tests.ligdicash.wire import (
    ACCEPTED,
    TOKEN,
    Act,
    Wire,
    answering,
    client_of,
    create,
    http,
    order,
    raising,
    whole_request,
    wire,
)
from tests.stage import free_port

PROOFS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _kinds(of: type[Exception]) -> Iterator[type[Exception]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _kinds(kind)


# Every exception httpx knows of a request, but the three, and what may come up from below it.
REQUEST_ERRORS: list[type[Exception]] = [httpx.RequestError, *dict.fromkeys(_kinds(httpx.RequestError))]
NO_PROOFS: list[Exception] = [
    *(kind("broke") for kind in REQUEST_ERRORS if kind not in PROOFS),
    httpx.InvalidURL("broke"),
    httpx.StreamError("broke"),
    httpx.StreamClosed(),
    httpx.CookieConflict("broke"),
    ConnectionRefusedError(),
    ConnectionResetError(),
    BrokenPipeError(),
    TimeoutError(),
    OSError("broke"),
    ssl.SSLError("broke"),
    anyio.BrokenResourceError(),
    anyio.EndOfStream(),
    RuntimeError("broke"),
    ValueError("broke"),
]


# What is sent


@pytest.mark.parametrize(
    ("way", "path", "more"),
    [
        (Way.WALLET, "/pay/v01/withdrawal/create", {"top_up_wallet": 1}),
        (Way.MOBILE_THROUGH_WALLET, "/pay/v01/withdrawal/create", {"top_up_wallet": 0}),
        (Way.MOBILE_DIRECTLY, "/pay/v01/straight/payout", {}),
    ],
)
async def test_the_request_is_exactly_as_documented(way: Way, path: str, more: dict[str, int]) -> None:
    """Path, headers and body of each way; a merchant payout has no `top_up_wallet` at all."""
    async with wire(says=http(ACCEPTED)) as server:
        assert isinstance(await create(server.url, way=way), Accepted)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert f"POST {path} HTTP/1.1" == first
    assert ("test-key", "Bearer test-token") == (headers["apikey"], headers["authorization"])
    assert ("application/json", "application/json") == (headers["accept"], headers["content-type"])
    assert set() == headers.keys() - {
        *("host", "accept", "accept-encoding", "connection", "user-agent", "apikey", "authorization"),
        *("content-length", "content-type"),
    }
    assert {
        "commande": {
            "amount": 5000,
            "description": "P-7K3F9 refund",
            "customer": "22670000000",
            "callback_url": "https://bot.example/callbacks/ligdicash/P-7K3F9/test-secret",
            "custom_data": {"transaction_id": "502d36d2086249118198d06780b1c9fd"},
            **more,
        }
    } == json.loads(body)


async def test_each_request_has_a_connection_of_its_own() -> None:
    """The server would keep it alive; the next request comes on a new one, without the cookies of before."""

    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await server.read(reader)
            writer.write(http(ACCEPTED, "200 OK", "Connection: keep-alive", "Set-Cookie: PHPSESSID=test"))

    async with wire(keep_alive) as server, client_of(server.url) as client:
        for _ in range(3):
            assert isinstance(await client.create(order(), may_still_leave=lambda: True), Accepted)
        await client.status(Endpoint.CUSTOMER, TOKEN)
    assert (4, 4) == (server.connections, len(server.requests))
    assert not any(b"cookie" in request.lower() for request in server.requests)


async def test_the_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Money takes the way that was set up, whatever the shell exports."""
    async with wire(says=http(ACCEPTED)) as proxy, wire(says=http(ACCEPTED)) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        assert isinstance(await create(server.url), Accepted)
    assert (0, 1) == (proxy.connections, server.connections)


# What proves that nothing left


@pytest.mark.parametrize("kind", PROOFS)
async def test_three_exceptions_prove_that_nothing_left(kind: type[httpx.RequestError]) -> None:
    """These three, and by their names."""
    assert NeverLeft(kind.__name__) == await create("http://ligdicash.example", raising(kind("no")))


@pytest.mark.parametrize("error", NO_PROOFS, ids=lambda error: type(error).__name__)
async def test_no_other_exception_proves_anything(error: Exception) -> None:
    """Whatever else breaks may have broken after the request was read."""
    answer = await create("http://ligdicash.example", raising(error))
    assert isinstance(answer, Uncertain)
    late = isinstance(error, httpx.TimeoutException | TimeoutError)
    assert (Doubt.NO_ANSWER if late else Doubt.CONNECTION_BROKE) is answer.doubt


@pytest.mark.parametrize("kind", PROOFS)
async def test_what_began_to_be_written_may_have_left(kind: type[httpx.RequestError]) -> None:
    """One of the three after the first byte proves nothing: some way of connecting may have tried once more."""

    class BreaksAfterwards(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            await response.aread()
            raise kind("broke")

    async with wire(says=http(ACCEPTED)) as server:
        answer = await create(server.url, BreaksAfterwards())
    assert (1, Uncertain(Doubt.CONNECTION_BROKE, None, kind.__name__)) == (len(server.requests), answer)


async def test_a_closed_port() -> None:
    """Nobody listens: the kernel says so."""
    assert NeverLeft("ConnectError") == await create(f"http://127.0.0.1:{free_port()}")


async def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, no connection."""

    def not_found(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    assert NeverLeft("ConnectError") == await create("https://ligdicash.example")


async def _speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def _hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read(100)


async def _refuse_the_handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(bytes([21, 3, 3, 0, 2, 2, 40]))  # an alert: fatal, handshake_failure
    await writer.drain()


@pytest.mark.parametrize("act", [_speak_plainly, _hang_up, _refuse_the_handshake])
async def test_tls_that_fails(act: Act) -> None:
    """The request is sent only inside of TLS; without it nothing of it went out."""
    async with wire(act) as server:
        assert NeverLeft("ConnectError") == await create(server.url.replace("http:", "https:"))
    assert 1 == server.connections


async def test_tls_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for connecting covers the handshake."""
    monkeypatch.setattr(client_module, "_TIMEOUTS", httpx.Timeout(5, connect=0.1))

    async def wait(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with wire(wait) as server:
        assert NeverLeft("ConnectTimeout") == await create(server.url.replace("http:", "https:"))


async def test_a_request_that_cannot_be_built() -> None:
    """Half a character has no bytes; nothing was even opened."""
    broken = Order(Way.WALLET, "22670000000", 5000, "\ud800", "0" * 32, "https://bot.example/")
    async with wire(says=http(ACCEPTED)) as server, client_of(server.url) as client:
        assert NeverLeft("UnicodeEncodeError") == await client.create(broken, may_still_leave=lambda: True)
    assert 0 == server.connections


async def test_a_machine_that_slept_past_the_deadline() -> None:
    """The deadline is looked at right before sending: too late, nothing is sent."""
    async with wire(says=http(ACCEPTED)) as server, client_of(server.url) as client:
        answer = await client.create(order(), may_still_leave=lambda: False)
    assert NeverLeft("too late to send") == answer
    assert 0 == server.connections


async def test_a_machine_that_sleeps_while_it_connects() -> None:
    """The last look is right before the first byte: the connection stands, and nothing goes through it."""
    looks = iter([True, False])
    async with wire(says=http(ACCEPTED)) as server, client_of(server.url) as client:
        answer = await client.create(order(), may_still_leave=lambda: next(looks))
    assert NeverLeft("too late to send") == answer
    assert [] == server.requests
    assert [] == list(looks)


async def test_more_requests_than_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain for a free connection has sent nothing; those that have one are not disturbed."""
    monkeypatch.setattr(client_module, "_TIMEOUTS", httpx.Timeout(5, pool=0.1))
    free = asyncio.Event()

    async def answer_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.read(reader)
        await free.wait()
        writer.write(http(ACCEPTED))

    async with wire(answer_late) as server, client_of(server.url) as client:
        creates = [asyncio.ensure_future(client.create(order(), may_still_leave=lambda: True)) for _ in range(25)]
        done, _ = await asyncio.wait(creates, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 5:
            done, _ = await asyncio.wait(creates, timeout=0.05)
        free.set()
        answers = await asyncio.gather(*creates)
    assert (5, 20) == (answers.count(NeverLeft("PoolTimeout")), answers.count(Accepted(TOKEN, _KEPT)))
    assert 20 == len(server.requests)


_KEPT = json.dumps({"response_code": "00", "response_text": ""})


# What is uncertain


async def test_a_server_that_closes_at_any_byte() -> None:
    """Of an answer cut off anywhere nothing is believed, and the request is never repeated."""
    whole = http(ACCEPTED)
    lengths = iter(range(len(whole)))

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.read(reader)
        writer.write(whole[: next(lengths)])
        await writer.drain()

    async with wire(cut) as server, client_of(server.url) as client:
        for _ in whole:
            answer = await client.create(order(), may_still_leave=lambda: True)
            assert isinstance(answer, Uncertain), answer
            assert Doubt.CONNECTION_BROKE is answer.doubt
    assert (len(whole), len(whole)) == (server.connections, len(server.requests))


@pytest.mark.parametrize("read", [0, 1, 100, 10_000])
async def test_a_connection_that_is_reset(read: int) -> None:
    """Before the request was read, in the middle of it, after it: one request, one doubt."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if read == 10_000:
            await server.read(reader)
        elif read:
            await reader.readexactly(read)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with wire(reset) as server:
        answer = await create(server.url)
    assert isinstance(answer, Uncertain)
    assert (Doubt.CONNECTION_BROKE, 1) == (answer.doubt, server.connections)


@pytest.mark.parametrize(
    "says",
    [
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTPS/1.1 200 OK\r\n\r\n" + ACCEPTED,
        b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n" + ACCEPTED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n" + ACCEPTED,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    ],
    ids=["tls", "ssh", "version", "length", "chunks", "gzip", "headers", "upgrade", "continue"],
)
async def test_what_is_no_http(says: bytes) -> None:
    """Another protocol, or a broken one, comes after the request was sent."""
    async with wire(says=says) as server:
        assert isinstance(await create(server.url), Uncertain)
    assert 1 == server.connections


async def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken and never answered: nobody knows."""
    monkeypatch.setattr(client_module, "_TIMEOUTS", httpx.Timeout(5, read=0.1))

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await server.read(reader)
        await reader.read()

    async with wire(hang) as server:
        assert Uncertain(Doubt.NO_ANSWER, None, "ReadTimeout") == await create(server.url)
    assert (1, 1) == (server.connections, len(server.requests))


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\n\r\n "])
async def test_an_answer_that_drips(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    """The deadline holds for the whole request, not for each byte of it."""
    monkeypatch.setattr(client_module, "CREATE_DEADLINE", 0.2)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.read(reader)
        writer.write(head)
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with wire(drip) as server, asyncio.timeout(3):
        assert Uncertain(Doubt.NO_ANSWER, None, "TimeoutError") == await create(server.url)


async def test_being_cancelled_is_no_answer() -> None:
    """Whoever stops the bot is told nothing about the payout; the ledger still says: sending."""
    arrived = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        arrived.set()
        await reader.read()

    async with wire(hang) as server:
        task = asyncio.ensure_future(create(server.url))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Again", "308 Moved"])
async def test_a_redirect_is_not_followed(status: str) -> None:
    """A payment does not wander to wherever an answer points."""
    async with wire(says=http(ACCEPTED)) as elsewhere:
        moved = http(ACCEPTED, status, f"Location: {elsewhere.url}/pay/v01/withdrawal/create")
        async with wire(says=moved) as server:
            answer = await create(server.url)
    assert isinstance(answer, Uncertain)
    assert (Doubt.HTTP_STATUS, status[:3]) == (answer.doubt, answer.code)
    assert (1, 0) == (server.connections, elsewhere.connections)


@pytest.mark.parametrize(
    "status", [201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 413, 429, 500, 502, 503, 504, 520]
)
@pytest.mark.parametrize("way", Way)
async def test_only_200_means_anything(status: int, way: Way) -> None:
    """Even a yes or a refusal in the body of another status proves nothing."""
    refusal = b'{"response_code": "01", "response_text": "Echec (Code04)"}'
    answer = await create("http://ligdicash.example", answering(status, refusal), way)
    assert Uncertain(Doubt.HTTP_STATUS, str(status), refusal.decode()) == answer
    answer = await create("http://ligdicash.example", answering(status, ACCEPTED), way)
    assert isinstance(answer, Uncertain)
    assert (Doubt.HTTP_STATUS, str(status), TOKEN) == (answer.doubt, answer.code, answer.token)
    assert TOKEN not in answer.raw


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><h1>OK</h1></html>",
        b"OK",
        b"00",
        b'"00"',
        b"null",
        b"[]",
        b'[{"response_code": "00", "token": "eyJ0"}]',
        ACCEPTED[:-1],
        ACCEPTED + b"}",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=range(13),
)
async def test_what_is_no_json_object(body: bytes) -> None:
    """A page, nothing, or something else: unreadable, so uncertain."""
    answer = await create("http://ligdicash.example", answering(200, body))
    assert isinstance(answer, Uncertain)
    assert Doubt.UNREADABLE is answer.doubt


async def test_an_answer_without_end() -> None:
    """It is not read for ever, though it comes within the deadline; what was seen of it is kept, in part."""

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.read(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + ACCEPTED)
        while True:
            writer.write(b" " * 65_536)
            await writer.drain()

    async with wire(pour) as server, asyncio.timeout(5):
        answer = await create(server.url)
    assert isinstance(answer, Uncertain)
    assert (Doubt.UNREADABLE, True) == (answer.doubt, len(answer.raw) <= 4_000)


@pytest.mark.parametrize("token", [None, "", "   ", 17, [], {}, True, "two words", "a\nb", "é", "x" * 5_000])
async def test_yes_without_a_usable_token(token: object) -> None:
    """Without the handle nobody can ask what became of it."""
    for body in ({"response_code": "00", "token": token}, {"response_code": "00"}):
        answer = await create("http://ligdicash.example", answering(200, json.dumps(body).encode()))
        assert isinstance(answer, Uncertain)
        assert Doubt.NO_TOKEN is answer.doubt


# Refusals: the codes as documented, written out here a second time on purpose.
DEFINITE = {
    Endpoint.CUSTOMER: ["00", "01", "02", "03", "03a", "03b", "04", "05", "06", "09", "13", "14"],
    Endpoint.MERCHANT: ["00", "01", "02", "03", "04", "05", "06", "07", "08", "11", "12", "13", "14"],
}
OPEN = {Endpoint.CUSTOMER: ["07", "08", "10"], Endpoint.MERCHANT: ["09", "10"]}
UNKNOWN = {
    Endpoint.CUSTOMER: ["03c", "04a", "11", "12", "15", "20", "99"],
    Endpoint.MERCHANT: ["03a", "03b", "08a", "15", "20", "99"],
}
WAY_TO = {Endpoint.CUSTOMER: Way.WALLET, Endpoint.MERCHANT: Way.MOBILE_DIRECTLY}


def _codes(table: dict[Endpoint, list[str]]) -> list[tuple[Endpoint, str]]:
    return [(endpoint, code) for endpoint, codes in table.items() for code in codes]


def _refusal(code: str, **more: object) -> bytes:
    return json.dumps({"response_code": "01", "response_text": f"Echec (Code{code})", **more}).encode()


def test_the_table_has_these_codes_and_no_other() -> None:
    """What is definite and what is not, against the list in this file."""
    assert set(_codes(DEFINITE)) == {key for key, verdict in VERDICTS.items() if verdict.definite}
    assert set(_codes(OPEN)) == {key for key, verdict in VERDICTS.items() if not verdict.definite}


@pytest.mark.parametrize(("endpoint", "code"), _codes(DEFINITE))
async def test_a_definite_code(endpoint: Endpoint, code: str) -> None:
    """Refused: nothing moved and nothing will; empty fields beside it change nothing."""
    for more in ({}, {"token": "", "custom_data": "", "description": ""}, {"token": None}):
        body = _refusal(code, **more)
        answer = await create("http://ligdicash.example", answering(200, body), WAY_TO[endpoint])
        assert Refused(code, body.decode()) == answer


@pytest.mark.parametrize(("endpoint", "code"), [*_codes(OPEN), *_codes(UNKNOWN)])
async def test_a_code_that_proves_nothing(endpoint: Endpoint, code: str) -> None:
    """Processing and API errors, a duplicate, and codes that nobody documented for that endpoint."""
    answer = await create("http://ligdicash.example", answering(200, _refusal(code)), WAY_TO[endpoint])
    assert isinstance(answer, Uncertain)
    doubts = dict.fromkeys(_codes(OPEN), Doubt.PROVIDER_FAILED) | {(Endpoint.CUSTOMER, "07"): Doubt.EXISTS_ALREADY}
    assert (doubts.get((endpoint, code), Doubt.UNKNOWN_CODE), code) == (answer.doubt, answer.code)


@pytest.mark.parametrize(
    "body",
    [
        {"response_code": "01", "response_text": "Echec"},
        {"response_code": "01", "response_text": "Echec (Code02) puis (Code04)"},
        {"response_code": "01", "response_text": "Echec (Code2)"},
        {"response_code": "01"},
        {"response_code": "02", "response_text": "Echec (Code02)"},
        {"response_code": "", "response_text": "Echec (Code02)"},
        {"response_code": None, "token": TOKEN},
        {"token": TOKEN, "status": "completed"},
        {"error": "unauthorized"},
        {},
        {"response_code": "01", "response_text": "Echec (Code02)", "token": TOKEN},
    ],
    ids=range(11),
)
async def test_a_refusal_without_a_clear_code(body: dict[str, object]) -> None:
    """No code, several, another response code, or a token beside the refusal: nobody knows."""
    for way in Way:
        answer = await create("http://ligdicash.example", answering(200, json.dumps(body).encode()), way)
        assert isinstance(answer, Uncertain), answer


async def test_a_code_in_another_spelling() -> None:
    """Large or small letters, with a blank, in a longer text."""
    for text in ("ECHEC (CODE03A)", "Echec ( Code 03a )", "echec: code03a, voir wiki"):
        body = json.dumps({"response_code": "01", "response_text": text}).encode()
        answer = await create("http://ligdicash.example", answering(200, body))
        assert isinstance(answer, Refused), text
        assert "03a" == answer.code


# The status call


@pytest.mark.parametrize(
    ("endpoint", "target"),
    [
        (Endpoint.CUSTOMER, "/pay/v01/withdrawal/confirm/?withdrawalToken="),
        (Endpoint.MERCHANT, "/pay/v01/straight/payout/confirm/?payoutToken="),
    ],
)
async def test_the_status_call_is_exactly_as_documented(endpoint: Endpoint, target: str) -> None:
    """Path, with its slash, and the token as one parameter whatever is in it."""
    says = http(b'{"response_code": "00", "status": "completed"}')
    async with wire(says=says) as server, client_of(server.url) as client:
        answer = await client.status(endpoint, "a&b=c/d?e#f%41+g")
    assert isinstance(answer, Status)
    assert Word.COMPLETED is answer.word
    request = server.requests[0].decode()
    assert request.startswith(f"GET {target}a%26b%3Dc%2Fd%3Fe%23f%2541%2Bg HTTP/1.1\r\n")
    assert "authorization: bearer test-token" in request.lower()
    assert "apikey: test-key" in request.lower()


@pytest.mark.parametrize(
    "error", [*(kind("no") for kind in PROOFS), *NO_PROOFS], ids=lambda error: type(error).__name__
)
async def test_a_status_call_that_fails_says_nothing(error: Exception) -> None:
    """It is never taken for a word about the payout."""
    async with client_of("http://ligdicash.example", raising(error)) as client:
        assert NoStatus(type(error).__name__) == await client.status(Endpoint.CUSTOMER, TOKEN)


async def test_a_status_call_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the whole of it."""
    monkeypatch.setattr(client_module, "STATUS_DEADLINE", 0.1)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.read(reader)
        while True:
            writer.write(b"H")
            await asyncio.sleep(0.01)

    server: Wire
    async with wire(drip) as server, client_of(server.url) as client, asyncio.timeout(3):
        answer = await client.status(Endpoint.CUSTOMER, TOKEN)
    assert isinstance(answer, NoStatus)
