"""A token that came with an answer which proves nothing: it is kept, and LigdiCash is asked by it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot.clock import SECOND
from bot.sandbox.ligdicash import Answer, Request
from storage.payout import State
from tests.stage import CLARISSE, SUPPORT, Stage
from tests.story.authority import approves, office
from tests.story.office import (
    FAILS,
    NO_CALLBACK,
    Outcome,
    approved,
    becomes,
    creates_of,
    kinds,
    seen,
    state_of,
    status_answers,
)

REFUSED = {"response_code": "01", "response_text": "Echec (Code02)"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot with LigdiCash's sandbox, in no hurry to wait."""
    async with office(tmp_path) as started:
        yield started


@contextmanager
def accepts_oddly(scene: Stage, http_status: int, fields: dict[str, Any]) -> Iterator[list[str]]:
    """LigdiCash takes each create request, and its answer comes with these; the tokens in them."""
    honest, tokens = scene.ligdicash.bank.handle, list[str]()

    def handle(request: Request) -> Outcome:
        answer = honest(request)
        if request.method != "POST":
            return answer
        assert isinstance(answer, Answer)
        said = json.loads(answer.body) | fields
        tokens.append(said["token"])
        return Answer(http_status, json.dumps(said))

    with patch.object(scene.ligdicash.bank, "handle", handle):
        yield tokens


ODD = pytest.mark.parametrize(
    ("http_status", "fields"),
    [
        (201, {}),
        (202, {}),
        (500, {}),
        (200, REFUSED),
        (200, {**REFUSED, "response_text": "Echec (Code08)"}),
        (200, {**REFUSED, "response_text": "Echec (Code07)"}),
        (200, {**REFUSED, "response_text": "Echec (Code99)"}),
    ],
)


@ODD
async def test_it_is_kept_and_asked_about(scene: Stage, http_status: int, fields: dict[str, Any]) -> None:
    """Unconfirmed until LigdiCash has been asked, and that is soon; the thread shows the token."""
    with accepts_oddly(scene, http_status, fields) as tokens:
        card = await approved(scene, NO_CALLBACK)
        await becomes(scene, card, State.UNCONFIRMED)
        await scene.thread_says(card, "It may have been paid or not")
    (token,) = tokens
    assert any(token in message.text for message in scene.slack.messages(SUPPORT, card.ts))
    assert [(token,)] == scene.rows("SELECT token FROM attempts")
    assert [] == scene.rows("SELECT 1 FROM attempts WHERE instr(answer, ?)", token)
    await scene.ligdicash.wait_for(lambda bank: any(payout.paid for payout in bank.payouts))
    await scene.later(10 * SECOND)
    await becomes(scene, card, State.COMPLETED)
    assert ["sending", "unconfirmed", "completed"] == kinds(scene, card)[2:]
    assert 1 == len(creates_of(scene, card))


async def test_what_it_tells_is_the_own_tokens_word(scene: Stage) -> None:
    """Where it names this attempt: a failure by it is proven, so that it may be asked again."""
    with accepts_oddly(scene, 201, {}):
        card = await approved(scene, FAILS)
        await becomes(scene, card, State.UNCONFIRMED)
    await scene.later(10 * SECOND)
    await becomes(scene, card, State.FAILED)
    await scene.card_says(card, "Ask again")
    assert [("failed",)] == scene.rows("SELECT outcome FROM attempts")
    assert "ask_again" in [button.action_id for button in seen(scene, card).buttons]


async def test_one_that_nobody_knows_ends_nothing(scene: Stage) -> None:
    """A proxy may say anything: it stays unconfirmed, and is asked on."""
    with accepts_oddly(scene, 502, {"token": "of-some-proxy"}):
        card = await approved(scene, NO_CALLBACK)
        await becomes(scene, card, State.UNCONFIRMED)
    await scene.later(10 * SECOND)
    await scene.at_rest()
    assert State.UNCONFIRMED is state_of(scene, card)
    assert [] == scene.rows("SELECT 1 FROM attempts WHERE ask_at IS NULL")


@pytest.mark.parametrize("first", ["22670000000", FAILS])
@pytest.mark.parametrize("names", [True, False])
async def test_one_of_another_payout_moves_nothing(scene: Stage, first: str, *, names: bool) -> None:
    """A proxy may answer with the token of an earlier payout: what that came to is not this one's end, told once."""
    other = await scene.ask(f"{first} 5000 refund")
    await approves(scene, CLARISSE, other)
    await scene.card_says(other, "Failed" if first == FAILS else "Completed")
    await scene.at_rest()
    ((token,),) = scene.rows("SELECT token FROM attempts")
    with accepts_oddly(scene, 502, {"token": token}):
        card = await approved(scene, NO_CALLBACK)
        await becomes(scene, card, State.UNCONFIRMED)
    said = {"response_code": "00", "status": "notcompleted" if first == FAILS else "completed"}
    with status_answers(scene, lambda _: None if names else Answer(200, json.dumps(said))) as asked:
        for _ in range(2):
            await scene.later(10 * SECOND)
            await scene.at_rest()
    assert {token} == set(asked)
    assert State.UNCONFIRMED is state_of(scene, card)
    assert 1 == kinds(scene, card).count("evidence_mismatch")
    await scene.thread_says(card, "It was recorded and changed nothing")
    assert not {"ask_again", "ask_directly"} & {button.action_id for button in seen(scene, card).buttons}


async def test_a_callbacks_token_is_asked_beside_one_of_another_payout(scene: Stage) -> None:
    """What LigdiCash calls back may be about this payout, though the token that came with its answer is not."""
    other = await scene.ask("22670000000 5000 refund")
    await approves(scene, CLARISSE, other)
    await scene.card_says(other, "Completed")
    ((token,),) = scene.rows("SELECT token FROM attempts")
    with accepts_oddly(scene, 502, {"token": token}):
        card = await approved(scene, "22670000200")
        await becomes(scene, card, State.UNCONFIRMED)
    await scene.later(10 * SECOND)
    await becomes(scene, card, State.COMPLETED)
