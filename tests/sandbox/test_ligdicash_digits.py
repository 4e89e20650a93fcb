"""The last two digits of a number choose what happens, as the documented table says."""

from __future__ import annotations

import httpx
import pytest

from bot.sandbox.ligdicash import Endpoint, Trouble, behaviours
from bot.sandbox.ligdicash.errors import MEANINGS
from tests.sandbox.ligdicash_lab import CREATE, KEYS, Lab, lab

ENDS = [
    ("00", "completed", 1, 2),
    ("37", "completed", 1, 2),
    ("10", "pending", 0, 0),
    ("11", "notcompleted", 0, 2),
    ("15", "completed", 1, 0),
]

REFUSALS = [
    ("customer", "02", "02"),
    ("customer", "04", "04"),
    ("customer", "06", "06"),
    ("customer", "80", "01"),
    ("customer", "81", "03"),
    ("customer", "82", "03a"),
    ("customer", "83", "03b"),
    ("customer", "85", "13"),
    ("customer", "86", "14"),
    ("customer", "89", "10"),
    ("merchant", "04", "08"),
    ("merchant", "06", "14"),
    ("merchant", "80", "01"),
    ("merchant", "81", "03"),
    ("merchant", "82", "04"),
    ("merchant", "84", "05"),
    ("merchant", "85", "11"),
    ("merchant", "86", "12"),
    ("merchant", "87", "13"),
    ("merchant", "89", "10"),
]

# (digits, how it stands in the end): no answer is ever given.
SILENT = [("12", "completed"), ("13", "completed"), ("16", "pending")]


async def settled(desk: Lab) -> None:
    """Wait until a payout made now has ended and was told: so then has every earlier one."""
    await desk.create("22670000000", "last")
    await desk.told("last")


@pytest.mark.parametrize("endpoint", ["customer", "merchant"])
@pytest.mark.parametrize(("digits", "word", "paid", "posts"), ENDS)
async def test_an_accepted_payout_ends_as_its_digits_say(
    endpoint: str, digits: str, word: str, paid: int, posts: int
) -> None:
    """It is answered with a token, then completed, failed or left pending, with callbacks or without."""
    async with lab() as desk:
        answer = await desk.create("226700000" + digits, "one", endpoint)
        assert "00" == answer["response_code"]
        await settled(desk)
        await desk.told("one", posts)
        status = (await desk.status(answer["token"]))["status"]
        assert word == status.replace("nocompleted", "notcompleted")
        assert paid == desk.sandbox.paid("one")
        assert posts == sum(fields["transaction_id"] == "one" for _, fields in desk.receiver.received)


@pytest.mark.parametrize(("endpoint", "digits", "code"), REFUSALS)
async def test_a_refusal_carries_the_code_of_its_endpoint(endpoint: str, digits: str, code: str) -> None:
    """The same trouble has another number on the other endpoint, and nothing comes to exist."""
    async with lab() as desk:
        answer = await desk.create("226700000" + digits, "one", endpoint)
        assert ("01", f"Echec (Code{code})") == (answer["response_code"], answer["response_text"])
        assert [] == desk.sandbox.payouts
        assert [f"Code{code}"] == [create.outcome for create in desk.sandbox.creates]


@pytest.mark.parametrize(
    ("endpoint", "digits"),
    [("merchant", "02"), ("merchant", "83"), ("customer", "84"), ("customer", "87")],
)
async def test_a_trouble_the_endpoint_does_not_know_does_not_happen(endpoint: str, digits: str) -> None:
    """A merchant payout to somebody without a LigdiCash account simply completes; and so on."""
    async with lab() as desk:
        assert "00" == (await desk.create("226700000" + digits, "one", endpoint))["response_code"]
        await desk.sandbox.wait_for(lambda sandbox: sandbox.paid("one") == 1)


@pytest.mark.parametrize(("endpoint", "code"), [("customer", "08"), ("merchant", "09")])
async def test_a_processing_error_may_hide_a_payment(endpoint: str, code: str) -> None:
    """08: the answer is an error, yet it was accepted, is paid and told."""
    async with lab() as desk:
        answer = await desk.create("22670000008", "one", endpoint)
        assert f"Echec (Code{code})" == answer["response_text"]
        assert ["completed", "completed"] == [fields["status"] for fields in await desk.told("one")]
        assert 1 == desk.sandbox.paid("one")


@pytest.mark.parametrize("endpoint", ["customer", "merchant"])
@pytest.mark.parametrize(("digits", "word"), SILENT)
async def test_no_answer_says_nothing_about_the_payment(endpoint: str, digits: str, word: str) -> None:
    """12 and 16 hang, 13 drops the connection; all three were accepted, two are paid."""
    async with lab() as desk:
        drops = digits == "13"
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError) if drops else httpx.ReadTimeout):
            await desk.client.post(
                CREATE[endpoint],
                json=desk.order("226700000" + digits, "one"),
                headers=KEYS,
                timeout=httpx.Timeout(5, read=5 if drops else 0.1),
            )
        await settled(desk)
        paid = int(word == "completed")
        await desk.told("one", 2 * paid)
        assert paid == desk.sandbox.paid("one")
        assert [word, "completed"] == [p.status for p in desk.sandbox.payouts]


async def test_a_crash_pays_nothing() -> None:
    """14: HTTP 500 with a page of HTML, and no payout."""
    async with lab() as desk:
        response = await desk.client.post(CREATE["customer"], json=desk.order("22670000014"), headers=KEYS)
        assert (500, "text/html") == (response.status_code, response.headers["content-type"].split(";")[0])
        assert "<h1>" in response.text
        assert [] == desk.sandbox.payouts


def test_every_pair_of_digits_has_one_row() -> None:
    """Two rows for the same digits would hide one of them."""
    digits = [row[0] for row in behaviours.rows()]
    assert sorted(set(digits)) == sorted(digits)


def test_the_table_can_be_printed() -> None:
    """As text for a terminal and as Markdown for a README, with each behaviour's sentence."""
    assert behaviours.as_text().splitlines()[0].startswith("digits  customer payout")
    for behaviour in behaviours.Behaviour:
        assert behaviour.__doc__
        assert behaviour.__doc__ in behaviours.as_text()
        assert f"| {behaviour.plan.digits} |" in behaviours.as_markdown()


def test_every_endpoint_has_its_whole_error_table() -> None:
    """As many codes as LigdiCash documents, and the same code may mean something else elsewhere."""
    assert {"customer": 15, "merchant": 15, "status": 5} == {key: len(codes) for key, codes in MEANINGS.items()}
    assert Trouble.BALANCE_LOW is MEANINGS[Endpoint.CUSTOMER]["04"]
    assert Trouble.DAY_RULE is MEANINGS[Endpoint.MERCHANT]["04"]
