"""The official Python SDK works against the sandbox, unchanged but for its base URL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import ligdicash
import pytest
from ligdicash.defaults import CONF_BASE_URL

from tests.sandbox.ligdicash_lab import Lab, lab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    """The lab, with the SDK pointed at its sandbox."""
    async with lab() as running:
        monkeypatch.setitem(CONF_BASE_URL, "live", running.sandbox.url + "/pay/v01/")
        monkeypatch.setattr(ligdicash, "api_key", "test-key")
        monkeypatch.setattr(ligdicash, "auth_token", "test-token")
        yield running


@pytest.mark.parametrize("kind", ["client", "merchant"])
@pytest.mark.parametrize(("digits", "word"), [("00", "completed"), ("10", "pending"), ("11", "notcompleted")])
async def test_the_sdk_pays_and_reads_the_status(desk: Lab, kind: str, digits: str, word: str) -> None:
    """A withdrawal is created; its status is read by creation and callback token, many times over."""
    withdrawal = ligdicash.Withdrawal("refund", 5000, "226700000" + digits)
    created = await asyncio.to_thread(
        withdrawal.send,
        type=kind,
        to_wallet=True,
        callback_url=desk.receiver.url,
        custom_data={"transaction_id": "one"},
    )
    assert "00" == created.response_code
    tokens = [created.token]
    if digits != "10":
        tokens.append((await desk.told("one"))[0]["token"])
    for token in tokens * 5:
        status = await asyncio.to_thread(ligdicash.get_transaction, token, f"{kind}_payout")
        assert word == status.status.replace("nocompleted", "notcompleted")
        assert ("5000", "one", "one") == (str(status.amount), status.external_id, status.transaction_id)


@pytest.mark.parametrize(
    ("kind", "digits", "error"),
    [
        ("client", "02", ligdicash.CustomerDoesNotExistError),
        ("client", "04", ligdicash.MerchantBalanceLowError),
        ("client", "06", ligdicash.IpDeniedError),
        ("client", "08", ligdicash.ProcessingError),
        ("client", "82", ligdicash.NoPendProcPayout24HError),
        ("client", "83", ligdicash.NoDeposit3MError),
        ("merchant", "04", ligdicash.MerchantBalanceLowError),
        ("merchant", "06", ligdicash.IpDeniedError),
        ("merchant", "84", ligdicash.RecipientOperatorNotIdentifiedError),
    ],
)
async def test_the_sdk_raises_its_own_errors(desk: Lab, kind: str, digits: str, error: type[Exception]) -> None:
    """Each code is read by the SDK as what the sandbox meant."""
    withdrawal = ligdicash.Withdrawal("refund", 5000, "226700000" + digits)
    with pytest.raises(error):
        await asyncio.to_thread(withdrawal.send, type=kind)
    assert 1 == len(desk.sandbox.creates)


async def test_the_sdk_with_its_defaults_is_served(desk: Lab) -> None:
    """No description, no callback URL, no custom_data, through the wallet: accepted and paid."""
    await asyncio.to_thread(ligdicash.Withdrawal(customer="22670000000").send)
    await desk.sandbox.wait_for(lambda sandbox: sandbox.paid_total == (1, 100))
    assert 0 == desk.sandbox.payouts[0].order.top_up_wallet
