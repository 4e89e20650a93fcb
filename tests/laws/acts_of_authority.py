"""What people do to get around the rules: many approvals at once, last-minute clicks, floods; and who they become."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.delivery import Delivery, Kind
from bot.sandbox.slack.hands import find_button
from bot.sandbox.slack.views import View
from storage.payout import Way
from tests.laws.faults import Fault
from tests.laws.people import Act, Crowd
from tests.laws.rulebook import AGENTS, APPROVERS
from tests.laws.slackside import SUPPORT

# More than anybody may have open at once.
_FLOOD = 26
# Beside the chance that somebody leaves at all: most stay until they have asked, or nothing would be asked for.
_AT_A_FORM = 0.3


async def approve_everything(crowd: Crowd) -> None:
    """Everybody who may, and one who may not, clicks Approve on everything that waits, within one second."""
    questions = crowd.with_button("approve")
    people = [*APPROVERS, crowd.chance.choice(AGENTS)]
    clicks = [_approve(crowd, user, question) for user in people for question in questions]
    crowd.chance.shuffle(clicks)
    await asyncio.gather(*(_soon(crowd, click) for click in clicks), return_exceptions=True)


async def _soon(crowd: Crowd, click: Awaitable[object]) -> None:
    await asyncio.sleep(crowd.chance.choice([0.0, 0.0, 0.0, 0.3, 1.0]))
    await click


async def _approve(crowd: Crowd, user: str, question: Message) -> None:
    slack = crowd.world.slackside.slack
    await slack.click(user, question, "approve", confirm=True)


async def insist(crowd: Crowd) -> None:
    """One approver alone tries to be two: again and again, on the same question."""
    user, question = crowd.chance.choice(APPROVERS), crowd.any_with_button("approve")
    for _ in range(3):
        await _approve(crowd, user, question)
        await crowd.pause(0.1, 3.0, 90.0)


async def become_somebody_else(crowd: Crowd) -> None:
    """Somebody leaves the groups, becomes a guest, is deactivated, or is back again."""
    if crowd.world.fate.strikes(Fault.PEOPLE_LEAVE):
        _change(crowd, crowd.chance.choice([*APPROVERS, *AGENTS]))


def _change(crowd: Crowd, user: str) -> None:
    standing = crowd.world.standing
    _become(
        crowd,
        user,
        [standing.leave_groups, standing.leave_groups, standing.become_guest, standing.deactivate, standing.come_back],
    )


def _lose(crowd: Crowd, user: str) -> None:
    """This person may not ask, or not decide, any more; but still has the buttons and forms on the screen."""
    standing = crowd.world.standing
    _become(crowd, user, [standing.leave_groups, standing.become_guest])


def _become(crowd: Crowd, user: str, changes: Sequence[Callable[[str], None]]) -> None:
    change = crowd.chance.choice(changes)
    change(user)
    crowd.world.note(f"{user}: {change.__name__}")


async def in_the_last_minute(crowd: Crowd) -> None:
    """Somebody who was an approver a moment ago still clicks, on all that waits; the bot has just looked them up."""
    if not crowd.world.fate.strikes(Fault.PEOPLE_LEAVE):
        return
    user, slack = crowd.chance.choice(APPROVERS), crowd.world.slackside.slack
    if crowd.chance.random() < 0.5:
        # Perhaps the first of two approvals, which stands when they are gone.
        await _approve(crowd, user, crowd.any_with_button("approve"))
    else:
        # Has the bot look, and uses no question up.
        await slack.command(user, SUPPORT, "policy")
    await crowd.pause(0.5, 5.0, 20.0)
    _lose(crowd, user)
    await crowd.pause(0.1, 2.0, 30.0)
    clicks = [_approve(crowd, user, question) for question in crowd.with_button("approve")]
    await asyncio.gather(*clicks, return_exceptions=True)
    await crowd.pause(2.0, 90.0, 900.0)
    _become(crowd, user, [crowd.world.standing.come_back])


def leave_while_asking(crowd: Crowd, user: str) -> None:
    """Now and then somebody whose form is open, and who was looked up for it, may not ask any more."""
    if crowd.world.fate.strikes(Fault.PEOPLE_LEAVE, _AT_A_FORM):
        _lose(crowd, user)


async def flood(crowd: Crowd) -> None:
    """One person fills in form after form, on several devices, and submits them all at the same moment."""
    chance, slack = crowd.chance, crowd.world.slackside.slack
    user = chance.choice(AGENTS)
    if user in crowd.at_form or not crowd.world.is_flooded:
        return
    crowd.at_form.add(user)
    try:
        forms = []
        for _ in range(_FLOOD):
            before = crowd.views_of(user)
            await slack.command(user, SUPPORT, "")
            forms.append(await crowd.modal(user, before))
        if chance.random() < 0.7:
            # The bot is held up, and then hears all of them in one instant.
            for life in crowd.world.lives():
                life.stop(1.0)
        await asyncio.gather(*(_submit_from_elsewhere(crowd, user, form) for form in forms))
    finally:
        for form in slack.modals(user):
            slack.workspace.close(form)
        crowd.at_form.discard(user)


async def _submit_from_elsewhere(crowd: Crowd, user: str, form: View) -> None:
    """A form that another device shows: it need not be on top of this screen."""
    slack = crowd.world.slackside.slack
    asked = crowd.new_request(user, crowd.chance.choice(list(Way)))
    form.fill(asked.values())
    ended = await slack.post.deliver(Delivery(Kind.INTERACTIVE, slack.payloads.submission(form)))
    asked.taken = not ended.error and not ended.body.strip()


async def approve_by_another_button(crowd: Crowd) -> None:
    """The button of one question with the value of another one's: a payload that was put together by hand."""
    slack = crowd.world.slackside.slack
    mine, other = crowd.any_with_button("approve"), crowd.any_with_button("approve")
    user = crowd.chance.choice([*APPROVERS, *AGENTS])
    payload = slack.payloads.click(user, mine, find_button(mine.buttons, "approve"))
    payload["actions"][0]["value"] = find_button(other.buttons, "approve").element["value"]
    await slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))


ACTS_OF_AUTHORITY = (
    Act("approve everything", 7, approve_everything),
    Act("insist", 3, insist),
    Act("become somebody else", 3, become_somebody_else),
    Act("in the last minute", 3, in_the_last_minute),
    Act("approve by another button", 2, approve_by_another_button),
    Act("flood", 3, flood),
)
