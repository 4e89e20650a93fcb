"""Looking things up: what holds for the person who asks, what became of a payout, and what waits in Home."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.sandbox.slack import Message
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, GUEST, SUPPORT, Stage, payout_of
from tests.story.authority import (
    AGENTS_GROUP,
    APPROVERS_GROUP,
    approves,
    commands,
    enrol,
    file_requests,
    office,
    silent,
    somebody,
    wish,
)
from tests.story.office import home

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXTRA = {
    "APPROVERS": f"{APPROVERS_GROUP},{DAOUDA}",
    "REQUESTERS": f"{AGENTS_GROUP},{DAOUDA}",
    "SECOND_APPROVAL_ABOVE": "100000",
    "DAILY_LIMIT": "500000",
    "DAILY_LIMIT_PER_REQUESTER": "200000",
    "MAX_AMOUNT": "150000",
    "COUNTRIES": "226,225",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot with every rule set."""
    async with office(tmp_path_factory.mktemp("inquiries"), **EXTRA) as started:
        enrol(started, APPROVERS_GROUP, (CLARISSE,))
        enrol(started, AGENTS_GROUP, (AMINATA, BOUKARY))
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cards(scene: Stage) -> list[Message]:
    """One paid, one that waits, one that waits for a second approval, one of an approver."""
    paid = await scene.ask(f"{somebody(1)} 50000 refund")
    await approves(scene, CLARISSE, paid)
    await scene.card_says(paid, "Completed")
    waits = await scene.ask(f"{somebody(2)} 1000 <!channel> & more")
    half = await scene.ask(f"{somebody(3)} 120000 refund", user=BOUKARY)
    await approves(scene, CLARISSE, half)
    own = await scene.ask(f"{somebody(4)} 2000 refund", user=DAOUDA)
    await scene.at_rest()
    return [paid, waits, half, own]


async def answered(scene: Stage, user: str, text: str) -> str:
    """What this person alone is told."""
    scene.slack.workspace.ephemerals.clear()
    await commands(scene, user, text)
    (told,) = scene.slack.ephemerals(user)
    return told.text


# --- policy


async def test_the_policy_of_an_agent(scene: Stage, cards: list[Message]) -> None:
    """May ask, may not approve and who may, the limits, and what is left today."""
    assert cards
    assert [
        "✅ You may ask for payouts here.",
        (
            "🚷 You may not approve: You are not one of the approvers. "
            f"Approvers: <!subteam^{APPROVERS_GROUP}>, <@{DAOUDA}>."
        ),
        "• One payout: at most 150 000 XOF.",
        "• Numbers begin with +226, +225.",
        "• Above 100 000 XOF to one person within 24 hours two different approvers are needed.",
        "• The team's limit a day: 500 000 XOF; left today: 450 000 XOF.",
        "• Your limit a day: 200 000 XOF; left today: 150 000 XOF.",
        "• An undecided request expires after 24 hours.",
    ] == (await answered(scene, AMINATA, "policy")).splitlines()


async def test_the_policy_of_an_approver_who_asks_too(scene: Stage) -> None:
    """Both, and an own share that is not used."""
    told = (await answered(scene, DAOUDA, "policy")).splitlines()
    assert ["✅ You may ask for payouts here.", "✅ You may approve what others ask for."] == told[:2]
    assert "• Your limit a day: 200 000 XOF; left today: 200 000 XOF." in told


async def test_the_policy_of_an_approver_alone(scene: Stage) -> None:
    """Why they may not ask."""
    first, second, *_ = (await answered(scene, CLARISSE, "policy")).splitlines()
    assert first == ("🚷 You may not ask for payouts here: You are not among the people who may ask for payouts here.")
    assert second == "✅ You may approve what others ask for."


async def test_the_policy_of_a_guest(scene: Stage) -> None:
    """Neither, and why."""
    first, second, *_ = (await answered(scene, GUEST, "policy")).splitlines()
    assert "🚷 You may not ask for payouts here: Guests of this workspace" in first
    assert "🚷 You may not approve: Guests of this workspace" in second


async def test_what_slack_does_not_say_is_said_so(scene: Stage) -> None:
    """No guess: for the moment no, and please again."""
    await scene.later(120_000)
    with silent(scene, "usergroups.users.list"):
        told = await answered(scene, AMINATA, "policy")
    assert 2 == told.count("Slack did not say who is in the group")


# --- status and list


async def test_status_in_every_spelling(scene: Stage, cards: list[Message]) -> None:
    """Small letters and blanks; markup that was typed is shown as typed."""
    payout = payout_of(cards[1])
    (created_at,) = scene.rows("SELECT created_at FROM payouts WHERE id = ?", payout)[0]
    when = f"{datetime.fromtimestamp(int(created_at or 0) / 1000, UTC):%H:%M}"
    told = await answered(scene, AMINATA, f"status   {payout.lower()} ")
    link = f"https://team.slack.example/archives/{SUPPORT}/p{cards[1].ts.replace('.', '')}"
    assert (
        "⏳ *1 000 XOF* to *+226 70 00 02 00* · waiting for a decision\n"
        f"asked at {when} · {payout} · &lt;!channel&gt; &amp; more · <{link}|see it>"
    ) == told
    assert "completed" in await answered(scene, CLARISSE, f"status {payout_of(cards[0])}")


async def test_an_approver_is_told_who_asked_and_who_approved(scene: Stage, cards: list[Message]) -> None:
    """Beside how it stands; who asked knows, and is told no more than before."""
    paid, waiting = payout_of(cards[0]), payout_of(cards[1])
    told = await answered(scene, DAOUDA, f"status {paid}")
    assert told.endswith(f"\nasked by <@{AMINATA}>, approved by <@{CLARISSE}>")
    assert (await answered(scene, CLARISSE, f"status {waiting}")).endswith(f"\nasked by <@{AMINATA}>")
    assert "asked by" not in await answered(scene, AMINATA, f"status {paid}")


async def test_a_payout_is_found_without_its_beginning(scene: Stage, cards: list[Message]) -> None:
    """As people copy it, or type it in haste: the `P-` need not be there."""
    paid = payout_of(cards[0])
    assert "completed" in await answered(scene, CLARISSE, f"status {paid.removeprefix('P-').lower()}")


@pytest.mark.parametrize(
    ("text", "stands"),
    [("état {}", "completed"), ("statut {}", "payé"), ("{}", "completed"), ("what became of {}?", "completed")],
)
async def test_whoever_names_a_payout_and_nothing_to_pay_asks_how_it_stands(
    scene: Stage, cards: list[Message], text: str, stands: str
) -> None:
    """In whatever words: no form opens. With an amount it is a request that speaks of another payout."""
    payout = payout_of(cards[0])
    assert stands in await answered(scene, AMINATA, text.format(payout))
    assert [] == scene.slack.modals(AMINATA)
    form = await scene.form(f"5000 {text.format(payout)}")
    assert payout in str(form.values["reason"])
    scene.slack.workspace.close(form)


@pytest.mark.parametrize(
    "text", ["cancel {}", "annuler {}", "Annuler le paiement {} svp", "cancel {} 5 000 F too much"]
)
async def test_whoever_names_what_to_cancel_is_told_where_and_how_it_stands(
    scene: Stage, cards: list[Message], text: str
) -> None:
    """The link to its card is where the button is; nothing is cancelled by typing."""
    payout = payout_of(cards[1])
    told = await answered(scene, AMINATA, text.format(payout))
    assert ("waiting for a decision" in told, "|see it>" in told) == (True, True)
    assert "Nothing was cancelled: it takes a button." in told
    assert [("requested",)] == scene.rows("SELECT state FROM payouts WHERE id = ?", payout)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("status", "Please say which, for example `/payout status P-7K3F9`."),
        ("status P-22222", "There is no payout P-22222 that you may see."),
        ("status <!channel>", "There is no payout &lt;!channel&gt; that you may see."),
        ("status " + "9" * 500, f"There is no payout {'9' * 20} that you may see."),
        ("status '; DROP TABLE payouts; --", "There is no payout '; DROP TABLE payout that you may see."),
    ],
)
async def test_what_is_no_payout_is_said_so(scene: Stage, text: str, says: str) -> None:
    """Whatever was typed, in its place and harmless."""
    assert says in await answered(scene, AMINATA, text)


async def test_a_list_holds_only_ones_own(scene: Stage, cards: list[Message]) -> None:
    """The newest first; whoever asked for nothing is told so."""
    lines = (await answered(scene, AMINATA, "list")).splitlines()
    assert "Your latest payouts:" == lines[0]
    assert [payout_of(cards[1]), payout_of(cards[0])] == [line.split(" · ")[1] for line in lines[2::2]]
    assert "You have asked for no payouts yet. `/payout help` says how." == await answered(scene, GUEST, "list")


# --- Home


async def test_home_shows_an_approver_what_waits(scene: Stage, cards: list[Message]) -> None:
    """With all that is needed to decide, and a link to each question; not what they decided on already."""
    view = await home(scene, CLARISSE)
    _, waits, half, own = cards
    assert "Waiting for you" in view.text
    assert (True, False, True) == tuple(payout_of(card) in view.text for card in (waits, half, own))
    assert f"*1 000 XOF* to *+226 70 00 02 00* · &lt;!channel&gt; &amp; more\nasked by <@{AMINATA}> at " in view.text
    question = await scene.question(waits)
    link = (
        f"https://team.slack.example/archives/{SUPPORT}/p{question.ts.replace('.', '')}"
        f"?thread_ts={waits.ts}&cid={SUPPORT}"
    )
    assert f"<{link}|decide in its thread>" in str(view.blocks)


async def test_help_and_home_say_that_a_message_has_it_in_its_menu(scene: Stage) -> None:
    """Slack shows the shortcut to nobody who does not open that menu."""
    assert "*Refund* in the ⋮ menu of a message" in (await scene.slack.command(AMINATA, SUPPORT, "help")).text
    assert "*Refund* in the ⋮ menu of a customer's message" in (await home(scene, AMINATA)).text


async def test_home_shows_nobody_an_own_request_to_decide(scene: Stage, cards: list[Message]) -> None:
    """An approver who asked sees it among their own."""
    view = await home(scene, DAOUDA)
    waiting, yours = view.text.split("Your latest payouts")
    _, waits, half, own = cards
    assert (True, True, False) == tuple(payout_of(card) in waiting for card in (waits, half, own))
    assert (False, True) == (payout_of(half) in yours, payout_of(own) in yours)


@pytest.mark.parametrize("user", [AMINATA, GUEST])
async def test_home_shows_others_nothing_to_decide(scene: Stage, cards: list[Message], user: str) -> None:
    """Nothing of what is not theirs."""
    view = await home(scene, user)
    assert "Nothing waits for you." in view.text
    assert payout_of(cards[3]) not in view.text


async def test_home_says_nothing_when_slack_does_not_say_who_it_is(scene: Stage) -> None:
    """Unknown people see nothing; another look, when Slack is back, shows it."""
    await scene.later(120_000)
    with silent(scene, "users.info"):
        assert "Nothing waits for you." in (await home(scene, CLARISSE)).text
    assert "Nothing waits for you." not in (await home(scene, CLARISSE)).text


async def test_home_holds_what_slack_takes(scene: Stage) -> None:
    """More than fits waits: the oldest are shown, within Slack's limits, and that there are more."""
    await file_requests(scene, [wish(somebody(200 + number), 1000, user=f"U0A{number // 20}") for number in range(60)])
    view = await home(scene, CLARISSE)
    assert len(view.blocks) <= 100
    assert 20 == view.text.count("decide in its thread")
    assert "and 42 more wait" in view.text
