"""What is asked wrongly is refused as LigdiCash refuses it: HTTP 200 and a code of the endpoint's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.sandbox.ligdicash_lab import CREATE, KEYS, STATUS, lab

NUMBER = "22670000000"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Apikey": "test-key"},
        {"Authorization": "Bearer test-token"},
        {"Apikey": "", "Authorization": "Bearer test-token"},
        {"Apikey": "test-key", "Authorization": "Bearer"},
        {"Apikey": "test-key", "Authorization": "test-token"},
    ],
)
@pytest.mark.parametrize("endpoint", ["customer", "merchant"])
async def test_a_missing_key_is_code_00_on_every_route(endpoint: str, headers: dict[str, str]) -> None:
    """Neither a payout nor a status without both the key and the Bearer token."""
    async with lab() as desk:
        create = await desk.client.post(CREATE[endpoint], json=desk.order(NUMBER), headers=headers)
        status = await desk.client.get(STATUS[0] + "any", headers=headers)
        for response in (create, status):
            assert (200, "Echec (Code00)") == (response.status_code, response.json()["response_text"])
        assert [] == desk.sandbox.payouts


@pytest.mark.parametrize(
    ("amount", "customer", "merchant"),
    [
        (19, "01", "01"),
        (20, "00", "00"),
        (1_000_000, "00", "00"),
        (1_000_001, "01", "01"),
        (-5, "01", "01"),
        (5000.0, "00", "00"),
    ],
)
async def test_amounts_have_bounds(amount: float, customer: str, merchant: str) -> None:
    """20…1,000,000 XOF, both included; outside it is Code05, on the merchant endpoint Code02."""
    async with lab() as desk:
        first = await desk.create(NUMBER, "one", amount=amount)
        second = await desk.create(NUMBER, "two", "merchant", amount=amount)
        assert (customer, merchant) == (first["response_code"], second["response_code"])
        if customer == "01":
            texts = first["response_text"], second["response_text"]
            assert ("Echec (Code05)", "Echec (Code02)") == texts


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "5000"},
        {"amount": 5000.5},
        {"amount": True},
        {"amount": None},
        {"customer": "+22670000000"},
        {"customer": "226 70 00 00 00"},
        {"customer": 22670000000},
        {"customer": "1234567"},
        {"customer": "1234567890123456"},
        {"description": None},
        {"top_up_wallet": 2},
        {"top_up_wallet": "1"},
        {"top_up_wallet": True},
        {"custom_data": "text"},
        {"custom_data": ["text"]},
    ],
)
async def test_bad_input_is_code_09(changes: dict[str, Any]) -> None:
    """A field of the wrong kind is named a mistake of the caller, and nothing is accepted."""
    async with lab() as desk:
        assert "Echec (Code09)" == (await desk.create(**{"customer": NUMBER, **changes}))["response_text"]
        assert [] == desk.sandbox.payouts


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"commande": []}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_order_is_refused(body: bytes) -> None:
    """Broken JSON is Code09; the merchant endpoint has no such code and says Code10."""
    async with lab() as desk:
        for endpoint, code in (("customer", "09"), ("merchant", "10")):
            response = await desk.client.post(CREATE[endpoint], content=body, headers=KEYS)
            assert f"Echec (Code{code})" == response.json()["response_text"]


async def test_a_bad_number_has_no_operator() -> None:
    """The merchant endpoint says so with its Code05."""
    async with lab() as desk:
        answer = await desk.create("+226700", "one", "merchant")
        assert "Echec (Code05)" == answer["response_text"]


async def test_a_customer_payout_has_a_duplicate_guard() -> None:
    """The same transaction_id again is Code07, and is paid once."""
    async with lab() as desk:
        await desk.create(NUMBER, "one")
        assert "Echec (Code07)" == (await desk.create(NUMBER, "one"))["response_text"]
        await desk.told("one")
        assert (1, (1, 5000)) == (desk.sandbox.paid("one"), desk.sandbox.paid_total)
        assert ["00", "Code07"] == [create.outcome for create in desk.sandbox.creates]


async def test_a_merchant_payout_has_none() -> None:
    """A blind second POST pays twice, and the count shows it."""
    async with lab() as desk:
        await asyncio.gather(*(desk.create(NUMBER, "one", "merchant") for _ in range(2)))
        await desk.told("one", times=4)
        assert (2, (2, 10_000)) == (desk.sandbox.paid("one"), desk.sandbox.paid_total)


@pytest.mark.parametrize("endpoints", [("customer", "merchant"), ("merchant", "customer")])
async def test_the_guard_does_not_look_at_the_other_endpoint(endpoints: tuple[str, str]) -> None:
    """One transaction_id, once on each endpoint, in either order: both are paid."""
    async with lab() as desk:
        for endpoint in endpoints:
            assert "00" == (await desk.create(NUMBER, "one", endpoint))["response_code"]
        await desk.told("one", times=4)
        assert 2 == desk.sandbox.paid("one")


async def test_a_refused_transaction_id_is_free() -> None:
    """Only what was accepted is remembered: the same order can be sent once the cause is gone."""
    async with lab() as desk:
        assert "Echec (Code04)" == (await desk.create("22670000004", "one"))["response_text"]
        assert "00" == (await desk.create(NUMBER, "one"))["response_code"]


async def test_an_unanswered_transaction_id_is_taken() -> None:
    """The guard knows a payout that was accepted and answered with an error."""
    async with lab() as desk:
        await desk.create("22670000008", "one")
        assert "Echec (Code07)" == (await desk.create("22670000008", "one"))["response_text"]


@pytest.mark.parametrize("empty", [{}, [], None])
async def test_an_order_needs_no_transaction_id(empty: object) -> None:
    """Without one there is nothing to guard by: both are accepted."""
    async with lab() as desk:
        for _ in range(2):
            assert "00" == (await desk.create(NUMBER, custom_data=empty))["response_code"]


@pytest.mark.parametrize("route", STATUS)
async def test_the_status_of_nothing_is_an_error(route: str) -> None:
    """An unknown token is Code02 of the status table, none at all Code04."""
    async with lab() as desk:
        assert "Echec (Code02)" == (await desk.status("unknown", route))["response_text"]
        assert "Echec (Code04)" == (await desk.status("", route))["response_text"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/pay/v01/withdrawal/create"),
        ("POST", "/pay/v01/withdrawal/confirm/"),
        ("GET", "/pay/v01/withdrawal/confirm"),
        ("POST", "/pay/v01/else"),
    ],
)
async def test_other_routes_do_not_exist(method: str, path: str) -> None:
    """A wrong method, a wrong path, and the status path without its last slash are 404."""
    async with lab() as desk:
        assert 404 == (await desk.client.request(method, path, headers=KEYS)).status_code
