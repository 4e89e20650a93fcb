"""Each change of status is told by two posts; what they meet there harms nothing."""

from __future__ import annotations

import base64
import json

import pytest

from bot.sandbox.ligdicash import Bank, Encoding, Request
from tests.sandbox.ligdicash_lab import KEYS, STATUS, chance, lab

NUMBER = "22670000000"


async def test_one_form_and_one_json() -> None:
    """Both carry the fields that LigdiCash documents, and the same token."""
    async with lab() as desk:
        await desk.create(NUMBER, "one")
        first, second = await desk.told("one")
        assert {Encoding.FORM, Encoding.JSON} == {kind for kind, _ in desk.receiver.received}
        assert first["token"] == second["token"]
        for fields in (first, second):
            told = {key: str(fields[key]) for key in ("response_code", "status", "external_id", "montant", "amount")}
            assert {
                "response_code": "00",
                "status": "completed",
                "external_id": "one",
                "montant": "5000",
                "amount": "5000",
            } == told
            assert {"operator_id", "operator_name", "url", "url_method", "response_text"} <= set(fields)


async def test_a_callback_has_a_token_of_its_own() -> None:
    """It is a JWT, not the creation token, and both status routes take either."""
    async with lab() as desk:
        created = (await desk.create(NUMBER, "one"))["token"]
        told = (await desk.told("one"))[0]["token"]
        assert created != told
        for token in (created, told):
            assert len(token) > 255
            claims = token.split(".")[1]
            assert "expiry_date" in json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            for route in STATUS:
                answer = await desk.status(token, route)
                assert ("completed", token) == (answer["status"], answer["token"])


@pytest.mark.parametrize("endpoint", ["customer", "merchant"])
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/nobody",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "ftp://127.0.0.1/",
        "http://" + "a" * 70 + ".invalid/",
        "http://\x00/",
        "no url",
        "/path",
    ],
)
async def test_a_dead_callback_url_harms_nothing(endpoint: str, url: str) -> None:
    """The payout is paid all the same, and the next one's callbacks arrive."""
    async with lab() as desk:
        await desk.create(NUMBER, "one", endpoint, callback_url=url)
        await desk.told("one")
        assert [None, None] == [delivery.answer for delivery in desk.sandbox.deliveries]
        await desk.create(NUMBER, "two", endpoint)
        assert 2 == len(await desk.told("two"))
        assert (2, 10_000) == desk.sandbox.paid_total


@pytest.mark.parametrize("url", ["", None, 5])
async def test_without_a_callback_url_nothing_is_sent(url: object) -> None:
    """Empty, missing or of the wrong kind: the payout completes silently."""
    async with lab() as desk:
        await desk.create(NUMBER, "one", callback_url=url)
        await desk.sandbox.wait_for(lambda sandbox: sandbox.paid("one") == 1)
        await desk.create(NUMBER, "two")
        await desk.told("two")
        assert {"two"} == {delivery.payout.transaction_id for delivery in desk.sandbox.deliveries}


async def test_a_receiver_that_refuses_is_noted() -> None:
    """Its HTTP status is kept beside the delivery; nothing is sent again."""
    async with lab() as desk:
        await desk.create(NUMBER, "one", callback_url=desk.receiver.url + "/nowhere")
        await desk.told("one")
        assert [404, 404] == [delivery.answer for delivery in desk.sandbox.deliveries]


def many_callbacks() -> list[tuple[Encoding, bytes]]:
    """The posts of fifty payouts, in the order in which each pair is sent."""
    bank = Bank(source=chance(7), delay=0)
    for number in range(50):
        order = {
            "amount": 100,
            "description": "refund",
            "customer": NUMBER,
            "callback_url": "http://127.0.0.1/",
            "custom_data": {"transaction_id": f"t{number}"},
        }
        body = json.dumps({"commande": order}).encode()
        headers = {name.lower(): value for name, value in KEYS.items()}
        bank.handle(Request("POST", "/pay/v01/straight/payout", {}, headers, body))
    return [(post.encoding, post.body) for callback in bank.run_due() for post in callback.posts]


def test_the_twins_come_in_either_order() -> None:
    """Sometimes the form is first, sometimes the JSON."""
    assert {Encoding.FORM, Encoding.JSON} == {kind for kind, _ in many_callbacks()[::2]}


def test_the_shapes_vary() -> None:
    """Amounts are numbers or text; custom_data is empty, a list, a JSON string, or flattened in two ways."""
    documents = [json.loads(body) for kind, body in many_callbacks() if kind is Encoding.JSON]
    forms = [body.decode() for kind, body in many_callbacks() if kind is Encoding.FORM]
    assert {int, str} == {type(document["amount"]) for document in documents}
    assert {True, False} == {document["custom_data"] == [] for document in documents}
    for shape in (
        "custom_data=%5B%5D",
        "custom_data=%5B%7B",
        "custom_data%5Btransaction_id%5D=t",
        "custom_data%5B0%5D%5Bkeyof_customdata%5D=transaction_id",
    ):
        assert any(shape in form for form in forms), shape
