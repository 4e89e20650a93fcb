"""A message's menu, without a browser."""

from __future__ import annotations

from tests.page.scene import Scene
from tests.stage import AMINATA, AUDIT, SUPPORT


async def test_the_shortcut_opens_the_form(shown: Scene) -> None:
    """Of a message in a thread, too; what it says stands in the form."""
    space = shown.slack.workspace
    parent = space.say(AMINATA, SUPPORT, "a customer writes")
    case = space.say(AMINATA, SUPPORT, "70 00 00 00, 5 000 F, commande 1234", parent.ts)
    chosen = await shown.do(do="shortcut", who=AMINATA, channel=SUPPORT, ts=case.ts, callback_id="refund")
    assert (True, "") == (chosen["ok"], chosen["error"])
    form = await shown.slack.wait_for_modal(AMINATA)
    assert ("5 000", "1234") == (form.values["amount"], form.values["order"])


async def test_a_message_that_is_not_seen_has_no_menu(unstaffed: Scene) -> None:
    """What is gone, and what stands in a channel of others."""
    hidden = unstaffed.slack.workspace.say("U0CLARISSE", AUDIT, "70 00 00 00")
    deed = {"do": "shortcut", "who": AMINATA, "callback_id": "refund"}
    gone = await unstaffed.do(**deed, channel=SUPPORT, ts="1.2")
    away = await unstaffed.do(**deed, channel=AUDIT, ts=hidden.ts)
    assert ("that message is gone", False) == (gone["error"], away["ok"])
