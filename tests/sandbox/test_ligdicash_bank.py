"""The bank alone, without sockets: time and chance come from outside, and the same ones give the same run."""

from __future__ import annotations

import json

from bot.sandbox.ligdicash import Answer, Bank, Request, Silence, Status
from tests.sandbox.ligdicash_lab import chance

HEADERS = {"apikey": "test-key", "authorization": "Bearer test-token"}


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        """Milliseconds since 1970."""
        return 1_800_000_000_000 + int(self.seconds * 1_000)

    def steady(self) -> float:
        """Seconds since the start."""
        return self.seconds


def create(customer: str, transaction_id: str) -> Request:
    """A good customer payout."""
    fields = {
        "amount": 5000,
        "description": "refund",
        "customer": customer,
        "callback_url": "http://127.0.0.1/callback",
        "top_up_wallet": 1,
        "custom_data": {"transaction_id": transaction_id},
    }
    body = json.dumps({"commande": fields}).encode()
    return Request("POST", "/pay/v01/withdrawal/create", {}, HEADERS, body)


def test_nothing_happens_before_its_time() -> None:
    """The end of a payout is due after the delay, not earlier, and only once."""
    clock = Hands()
    bank = Bank(clock, chance(1), delay=30)
    bank.handle(create("22670000000", "one"))
    assert (30, []) == (bank.next_due(), bank.run_due())
    clock.seconds = 29.9
    assert (0, []) == (bank.paid("one"), bank.run_due())
    clock.seconds = 30
    assert (1, 1) == (len(bank.run_due()), bank.paid("one"))
    assert (None, []) == (bank.next_due(), bank.run_due())


def test_silence_is_an_outcome() -> None:
    """Hanging and dropping are told to whoever carries the answer."""
    bank = Bank(Hands(), chance(1))
    assert Silence.HANG is bank.handle(create("22670000012", "one"))
    assert Silence.DROP is bank.handle(create("22670000013", "two"))
    assert ["HANG", "DROP"] == [made.outcome for made in bank.creates]


def test_callbacks_are_handed_out_not_sent() -> None:
    """They come with the payout as it stood at that moment."""
    bank = Bank(Hands(), chance(1), delay=0)
    bank.handle(create("22670000011", "one"))
    (callback,) = bank.run_due()
    bank.settle("one", Status.COMPLETED)
    assert Status.NOTCOMPLETED is callback.payout.status
    assert Status.COMPLETED is bank.payouts[0].status


def run(seed: int) -> list[object]:
    """Everything that a small run of the bank shows."""
    clock = Hands()
    seen: list[object] = []
    bank = Bank(clock, chance(seed), delay=5)
    for number in range(20):
        outcome = bank.handle(create(f"226700000{number:02}", f"t{number}"))
        seen.append(outcome)
        if isinstance(outcome, Answer) and "token" in outcome.body:
            token = json.loads(outcome.body)["token"]
            seen.append(
                bank.handle(Request("GET", "/pay/v01/withdrawal/confirm/", {"withdrawalToken": token}, HEADERS))
            )
        clock.seconds += 1
        seen.extend(bank.run_due())
    return [*seen, bank.payouts, bank.paid_total]


def test_the_same_seed_gives_the_same_run() -> None:
    """Tokens, shapes and orders included; another seed gives another."""
    assert run(3) == run(3)
    assert run(3) != run(4)
