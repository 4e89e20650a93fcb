"""What people do with payouts: one table of acts, each played by chance on whatever stands on the screens just then."""

from __future__ import annotations

import asyncio

from bot.sandbox.slack.delivery import Delivery, Kind
from bot.sandbox.slack.hands import find_button
from bot.sandbox.slack.views import View
from storage.payout import Way
from tests.laws.acts_of_authority import ACTS_OF_AUTHORITY, approve_everything, leave_while_asking
from tests.laws.people import Act, Asked, Crowd
from tests.laws.rulebook import AGENTS, APPROVERS, CLARISSE, STRANGERS
from tests.laws.slackside import SUPPORT

NONSENSE = (
    "",
    "hello",
    "70 00",
    "0",
    "-5000",
    "5.000",
    "5k",
    "<!channel>",
    "*" * 200,
    "99999999999",
    "+1 212 555 0100",
)


async def ask(crowd: Crowd) -> None:
    """Somebody types the command, fills the form in, and submits it until it is taken."""
    chance = crowd.chance
    user = chance.choice([*AGENTS, *AGENTS, *APPROVERS])
    if len(crowd.asked) >= crowd.most or user in crowd.at_form:
        return
    crowd.at_form.add(user)
    try:
        await _fill_in(crowd, user)
    finally:
        crowd.at_form.discard(user)


async def _fill_in(crowd: Crowd, user: str, same_as: Asked | None = None) -> None:
    chance, slack = crowd.chance, crowd.world.slackside.slack
    before = crowd.views_of(user)
    text = chance.choice(
        ["", "70000000 5000 refund", "+22670000000 5 000 F CFA refund", "70 00 00 00 5.000", "hello <!here>"]
    )
    await slack.command(user, SUPPORT, text)
    form = await crowd.modal(user, before)
    leave_while_asking(crowd, user)
    asked = crowd.new_request(user, chance.choice(list(Way)), same_as)
    if chance.random() < 0.2:
        await slack.submit(form, {"amount": chance.choice(NONSENSE), "beneficiary": chance.choice(NONSENSE)})
    await _submit_until_taken(crowd, form, asked, asked.values())


async def _submit_until_taken(crowd: Crowd, form: View, asked: Asked, values: dict[str, str]) -> None:
    """Who is told that it repeats something ticks that this is known; or thinks better of it."""
    for _ in range(4):
        await crowd.pause(0.5, 3.0, 20.0)
        asked.submitted += 1
        known = {"known": "known"} if "known" in form.labels else {}
        if known and crowd.chance.random() < 0.2:
            asked.refused = True
            return
        result = await crowd.world.slackside.slack.submit(form, values | known)
        if result.closed:
            asked.taken = True
            return
        if result.errors:
            asked.refused = True
            return


async def ask_for_what_is_contradicted(crowd: Crowd) -> None:
    """Somebody asks anew for what LigdiCash contradicts, and one approver alone approves."""
    chance = crowd.chance
    contradicted = chance.choice([each.entry.asked for each in crowd.world.books if each.is_contradicted])
    await _fill_in(crowd, chance.choice(AGENTS), contradicted)
    await crowd.pause(20.0, 300.0)
    await _click(crowd, "approve", chance.choice(APPROVERS), times=1)


async def approve(crowd: Crowd) -> None:
    """An approver clicks Approve."""
    await _click(crowd, "approve", crowd.chance.choice(APPROVERS), times=1)


async def approve_twice(crowd: Crowd) -> None:
    """An impatient approver clicks Approve several times."""
    await _click(crowd, "approve", crowd.chance.choice(APPROVERS), times=crowd.chance.randint(2, 3))


async def approve_together(crowd: Crowd) -> None:
    """All approvers, and whoever else, click Approve on the same payout at the same moment."""
    question = crowd.any_with_button("approve")
    slack = crowd.world.slackside.slack
    people = [*APPROVERS, crowd.chance.choice(AGENTS)]
    clicks = (slack.click(user, question, "approve", confirm=True) for user in people)
    await asyncio.gather(*clicks, return_exceptions=True)


async def approve_as_anybody(crowd: Crowd) -> None:
    """Somebody who may not clicks Approve: the requester, an agent, a guest, a stranger."""
    await _click(crowd, "approve", crowd.chance.choice([*AGENTS, *STRANGERS]), times=1)


async def reject(crowd: Crowd) -> None:
    """An approver clicks Reject and gives a reason; the other may approve meanwhile."""
    reason = crowd.chance.choice(["no order of that number", "*bold* <!here>", "x" * 300])
    await _open_and_submit(crowd, "reject", {"reason": reason})


async def resolve(crowd: Crowd) -> None:
    """An approver says what became of an uncertain payout, rightly or wrongly."""
    finding = crowd.chance.choice(["paid", "unpaid", "unpaid"])
    await _open_and_submit(crowd, "resolve", {"finding": finding, "reason": "seen on the dashboard, or not"})


async def _open_and_submit(crowd: Crowd, name: str, values: dict[str, str]) -> None:
    chance, slack = crowd.chance, crowd.world.slackside.slack
    user = chance.choice(APPROVERS)
    message = crowd.any_with_button(name)
    if user in crowd.at_form:
        return
    crowd.at_form.add(user)
    try:
        before = crowd.views_of(user)
        await slack.click(user, message, name)
        form = await crowd.modal(user, before)
        await crowd.pause(0.5, 5.0, 60.0)
        for _ in range(chance.choice([1, 1, 2])):
            await slack.submit(form, values)
    finally:
        crowd.at_form.discard(user)


async def confirm(crowd: Crowd) -> None:
    """An approver, perhaps the one who proposed, confirms a finding."""
    await _click(crowd, "confirm", crowd.chance.choice(APPROVERS), times=crowd.chance.choice([1, 2]))


async def confirm_together(crowd: Crowd) -> None:
    """All approvers confirm at the same moment."""
    message = crowd.any_with_button("confirm")
    slack = crowd.world.slackside.slack
    await asyncio.gather(
        *(slack.click(user, message, "confirm", confirm=True) for user in APPROVERS), return_exceptions=True
    )


async def cancel(crowd: Crowd) -> None:
    """Somebody, mostly the one who asked, takes a request back."""
    await _click(crowd, "cancel", crowd.chance.choice([*AGENTS, *AGENTS, *APPROVERS]), times=1)


async def stop(crowd: Crowd) -> None:
    """Somebody stops an approved payout that has not left, or so they hope."""
    await _click(crowd, "stop", crowd.chance.choice([*AGENTS, *APPROVERS]), times=crowd.chance.choice([1, 2]))


async def ask_again(crowd: Crowd) -> None:
    """Somebody asks for a new attempt, perhaps twice."""
    await _click(crowd, "ask_again", crowd.chance.choice([*AGENTS, *APPROVERS]), times=crowd.chance.choice([1, 2]))


async def ask_everything_again(crowd: Crowd) -> None:
    """One person asks again for all that came to nothing, whoever asked first; all of it is approved on one day."""
    if crowd.world.rules.daily_limit_per_requester is None:
        return
    failed = crowd.with_button("ask_again")
    user = crowd.chance.choice(AGENTS)
    slack = crowd.world.slackside.slack
    await asyncio.gather(*(slack.click(user, each, "ask_again") for each in failed), return_exceptions=True)
    await crowd.pause(20.0, 300.0)
    await approve_everything(crowd)


async def ask_directly(crowd: Crowd) -> None:
    """Somebody asks for the same, straight to mobile money: a new payout."""
    await _ask_after(crowd, "ask_directly", Way.MOBILE_DIRECTLY)


async def correct(crowd: Crowd) -> None:
    """Somebody corrects what was rejected, cancelled or ran out of time, and asks again: a new payout."""
    await _ask_after(crowd, "correct", crowd.chance.choice(list(Way)))


async def _ask_after(crowd: Crowd, button: str, way: Way) -> None:
    if len(crowd.asked) >= crowd.most + 2:
        return
    user = crowd.chance.choice([*AGENTS, *APPROVERS])
    message = crowd.any_with_button(button)
    if user in crowd.at_form:
        return
    crowd.at_form.add(user)
    try:
        before = crowd.views_of(user)
        await crowd.world.slackside.slack.click(user, message, button)
        form = await crowd.modal(user, before)
        asked = crowd.new_request(user, way)
        await _submit_until_taken(crowd, form, asked, asked.values())
    finally:
        crowd.at_form.discard(user)


async def pause_all(crowd: Crowd) -> None:
    """Somebody, who may or may not, stops all sending."""
    user = crowd.chance.choice([*APPROVERS, *APPROVERS, *AGENTS])
    text = crowd.chance.choice(["pause something looks wrong", "pause <!channel> *stop*", "pause"])
    await crowd.world.slackside.slack.command(user, SUPPORT, text)


async def resume(crowd: Crowd) -> None:
    """One, or both, or one twice, let sending go on."""
    people = crowd.chance.choice([APPROVERS, APPROVERS, APPROVERS[:1], (CLARISSE, CLARISSE), AGENTS])
    slack = crowd.world.slackside.slack
    await asyncio.gather(*(slack.command(user, SUPPORT, "resume") for user in people), return_exceptions=True)


async def try_now(crowd: Crowd) -> None:
    """Somebody frees an endpoint that a refusal of the account had held."""
    await _click(crowd, "try_now", crowd.chance.choice([*APPROVERS, *AGENTS]), times=1)


async def click_too_late(crowd: Crowd) -> None:
    """Somebody's screen still shows a button that is long gone, and it is clicked."""
    chance, slack = crowd.chance, crowd.world.slackside.slack
    once = crowd.any_earlier()
    button = chance.choice(once.buttons)
    await slack.post.deliver(Delivery(Kind.INTERACTIVE, slack.payloads.click(chance.choice(APPROVERS), once, button)))


async def forge(crowd: Crowd) -> None:
    """A click whose button says what no button of ours ever said."""
    chance, slack = crowd.chance, crowd.world.slackside.slack
    message = crowd.any_with_button("approve")
    payload = slack.payloads.click(chance.choice(APPROVERS), message, find_button(message.buttons, "approve"))
    value = str(payload["actions"][0]["value"])
    wrong = [
        "P-22222:1",
        value.replace(":1", ":2"),
        value.split(":", maxsplit=1)[0],
        "",
        "x" * 2000,
        "'; DROP TABLE payouts; --",
    ]
    payload["actions"][0]["value"] = chance.choice(wrong)
    await slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))


async def replay(crowd: Crowd) -> None:
    """Slack delivers something once more that it delivered before."""
    slack = crowd.world.slackside.slack
    if slack.deliveries:
        await slack.replay(crowd.chance.choice(slack.deliveries), retry_num=crowd.chance.choice([None, 1, 2]))


async def _click(crowd: Crowd, name: str, user: str, *, times: int) -> None:
    message = crowd.any_with_button(name)
    slack = crowd.world.slackside.slack
    asks = find_button(message.buttons, name).dialog is not None
    clicks = (slack.click(user, message, name, confirm=asks) for _ in range(times))
    await asyncio.gather(*clicks, return_exceptions=True)


ASK = Act("ask", 12, ask)

ACTS = (
    ASK,
    Act("approve", 22, approve),
    Act("approve twice", 6, approve_twice),
    Act("approve together", 8, approve_together),
    Act("approve as anybody", 3, approve_as_anybody),
    Act("reject", 3, reject),
    Act("cancel", 3, cancel),
    Act("stop", 4, stop),
    Act("click too late", 4, click_too_late),
    Act("forge", 2, forge),
    Act("replay", 8, replay),
    Act("pause", 3, pause_all),
    Act("resume", 6, resume),
    Act("try now", 5, try_now),
    Act("resolve", 6, resolve),
    Act("confirm", 6, confirm),
    Act("confirm together", 3, confirm_together),
    Act("ask again", 8, ask_again),
    Act("ask directly", 2, ask_directly),
    Act("correct", 3, correct),
    *ACTS_OF_AUTHORITY,
)

AFTERWARDS = [act for act in ACTS if act.name in {"resolve", "confirm", "ask again", "approve", "resume", "try now"}]

# Each when nothing else was left to happen.
AT_LAST = [
    Act("ask for what is contradicted", 1, ask_for_what_is_contradicted),
    Act("ask everything again", 1, ask_everything_again),
]
