"""What visitors do, without a browser."""

from __future__ import annotations

from tests.page.scene import Scene
from tests.stage import AMINATA, AUDIT, CLARISSE, DAOUDA, GUEST, SUPPORT

Deed = dict[str, object]


async def test_the_whole_way(shown: Scene) -> None:
    """Command, form, approval, completion at LigdiCash: the thread has the token, then the final status."""
    card = await shown.ask()
    assert (await shown.decide(card, CLARISSE, "approve", confirm=True))["ok"]
    await shown.slack.wait_for_message(SUPPORT, "Token:", thread_ts=card)
    assert shown.ligdicash.bank.next_due() is None
    assert 0 == shown.ligdicash.paid_total.times

    assert (await shown.do(do="settle", create=0, status="completed"))["ok"]

    await shown.slack.wait_for_message(SUPPORT, "completed", thread_ts=card)
    assert (1, 5000) == shown.ligdicash.paid_total


async def test_a_payout_that_fails(shown: Scene) -> None:
    """LigdiCash says so, and the thread repeats it."""
    card = await _initiated(shown)
    await shown.do(do="settle", create=0, status="notcompleted")
    await shown.slack.wait_for_message(SUPPORT, "failed", thread_ts=card)


async def test_ligdicash_may_stay_silent(shown: Scene) -> None:
    """Paid, with no callback: the bot has to ask."""
    card = await _initiated(shown)
    await shown.do(do="settle", create=0, status="completed", silently=True)
    assert (1, 5000) == shown.ligdicash.paid_total
    await shown.slack.wait_for_message(SUPPORT, "completed", thread_ts=card, timeout=10)
    assert [] == shown.ligdicash.deliveries


async def test_a_forged_callback_changes_nothing(shown: Scene) -> None:
    """The bot takes it, asks LigdiCash, and believes LigdiCash."""
    card = await _initiated(shown)
    answer = await shown.do(do="forge", create=0)
    assert ("forged_answered", {"status": "200"}) == (answer["note"], answer["about"])
    await shown.slack.wait_for_message(AUDIT, "callback “completed” received")
    await shown.stage.settled()
    assert not [one for one in shown.slack.messages(SUPPORT, card) if "*completed*" in one.words]
    assert [200] == (await shown.state())["create:0"]["forged"]


async def test_nothing_is_forged_for_an_address_that_is_not_the_bots(shown: Scene) -> None:
    """No request of this page goes anywhere else."""
    order = {
        "amount": 500,
        "description": "x",
        "customer": "22670000000",
        "callback_url": "https://elsewhere.example/",
    }
    url = f"{shown.ligdicash.url}/pay/v01/straight/payout"
    headers = {"Apikey": "test-key", "Authorization": "Bearer test-token"}
    async with shown.client.post(url, json={"commande": order}, headers=headers):
        pass
    assert "no callback address" in (await shown.do(do="forge", create=0))["error"]


async def test_a_bot_that_is_gone_answers_no_forged_callback(shown: Scene) -> None:
    """The visitor is told that nobody answered."""
    await _initiated(shown)
    await shown.stage.stop()
    assert "forged_unanswered" == (await shown.do(do="forge", create=0))["note"]


async def test_a_dialog_stands_before_a_button_that_has_one(shown: Scene) -> None:
    """A click that skips it is not delivered."""
    card = await shown.ask()
    answer = await shown.decide(card, CLARISSE, "approve")
    assert "Slack asks first" in answer["error"]


async def test_errors_stand_beside_their_fields(shown: Scene) -> None:
    """The form stays, with the bot's error at the field."""
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="/payout 22670000000 5000 refund")
    modal = await shown.slack.wait_for_modal(AMINATA)
    answer = await shown.do(do="submit", who=AMINATA, view=modal.id, values={"amount": "5k"})
    assert answer["ok"]
    assert ["amount"] == list((await shown.state())[f"view:{modal.id}"]["errors"])


async def test_a_rejection_asks_for_a_reason(shown: Scene) -> None:
    """A click opens a form; submitting it is told in the thread."""
    card = await shown.ask()
    await shown.decide(card, DAOUDA, "reject")
    modal = await shown.slack.wait_for_modal(DAOUDA)
    await shown.do(do="submit", who=DAOUDA, view=modal.id, values={"reason": "Refunded an hour ago"})
    await shown.slack.wait_for_message(SUPPORT, "Refunded an hour ago", thread_ts=card)


async def test_a_click_in_a_form_brings_along_what_was_typed(shown: Scene) -> None:
    """As at Slack: `view.state` of a click has the fields as they stand."""
    modal = await _modal_with_button(shown)
    values = {"note": "typed"}
    await shown.do(do="click", who=AMINATA, view=modal, block_id="row", action_id="look", values=values)
    (delivered,) = [one for one in shown.slack.deliveries if one.delivery.payload.get("actions")]
    assert "typed" == delivered.delivery.payload["view"]["state"]["values"]["note"]["note"]["value"]


async def test_one_of_several_equal_buttons_is_the_one_that_was_clicked(shown: Scene) -> None:
    """A list has the same action in each of its rows; blocks tell them apart, and dialogs stand before."""
    button = {"type": "button", "action_id": "see", "text": {"type": "plain_text", "text": "See"}}
    asks = {"title": "Sure?", "text": "Really?", "confirm": "Yes", "deny": "No"}
    confirm = {name: {"type": "plain_text", "text": text} for name, text in asks.items()}
    rows = [
        {"type": "actions", "block_id": "first", "elements": [button | {"value": "1"}]},
        {"type": "actions", "block_id": "second", "elements": [button | {"value": "2", "confirm": confirm}]},
    ]
    sent = shown.slack.call("chat.postMessage", "xoxb-test", {"channel": SUPPORT, "text": "list", "blocks": rows})
    click = {"do": "click", "who": AMINATA, "channel": SUPPORT, "ts": sent["ts"], "action_id": "see"}

    assert "Slack asks first" in (await shown.do(**click, block_id="second"))["error"]
    await shown.do(**click, block_id="second", confirm=True)

    (delivered,) = [one for one in shown.slack.deliveries if one.delivery.payload.get("actions")]
    assert "2" == delivered.delivery.payload["actions"][0]["value"]


async def test_the_home_tab_is_asked_for(shown: Scene) -> None:
    """The bot hears that somebody looks."""
    await shown.do(do="home", who=AMINATA)
    (delivered,) = shown.slack.deliveries
    assert "app_home_opened" == delivered.delivery.payload["event"]["type"]


async def test_a_home_tab_is_shown_and_clicked(shown: Scene) -> None:
    """What the bot publishes is there, with its buttons."""
    button = {"type": "button", "action_id": "see", "text": {"type": "plain_text", "text": "See"}}
    view = {"type": "home", "blocks": [{"type": "actions", "block_id": "row", "elements": [button]}]}
    shown.slack.call("views.publish", "xoxb-test", {"user_id": AMINATA, "view": view})
    home = (await shown.state())["home"]
    await shown.do(do="click", who=AMINATA, view=home["id"], block_id="row", action_id="see")
    assert home["id"] == shown.slack.deliveries[0].delivery.payload["view"]["id"]


async def test_what_people_type_is_stored_as_slack_stores_it(shown: Scene) -> None:
    """Typed brackets page nobody."""
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="<!channel> & more")
    (message,) = shown.slack.messages(SUPPORT)
    assert "&lt;!channel&gt; &amp; more" == message.text


async def test_what_nobody_can_do_is_said(shown: Scene) -> None:
    """On a screen none of this could be clicked or typed: an error, and nothing delivered."""
    card = await shown.ask()
    before = len(shown.slack.deliveries)
    say: Deed = {"do": "say", "who": GUEST}
    click: Deed = {"do": "click", "who": AMINATA, "block_id": "decision"}
    deeds: list[tuple[Deed, str]] = [
        (say | {"channel": AUDIT, "text": "hello"}, "not in that conversation"),
        (say | {"channel": SUPPORT, "text": "/refund 5"}, "no_such_command"),
        (say | {"channel": SUPPORT, "text": "/payout help", "thread_ts": card}, "not_in_threads"),
        (click | {"channel": SUPPORT, "ts": card, "action_id": "approve"}, "button is gone"),
        (click | {"channel": SUPPORT, "ts": "1.0", "action_id": "approve"}, "message is gone"),
        (click | {"view": "V1", "action_id": "approve"}, "not open any more"),
        ({"do": "submit", "who": AMINATA, "view": "V1", "values": {}}, "not open any more"),
        ({"do": "settle", "create": 7, "status": "completed"}, "gone"),
    ]
    for deed, error in deeds:
        assert error in (await shown.do(**deed))["error"]
    assert before == len(shown.slack.deliveries)


async def test_a_refused_create_cannot_be_settled(shown: Scene) -> None:
    """What LigdiCash did not accept has no status."""
    card = await shown.ask(text="/payout 22670000002 3000 refund")
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "refused", thread_ts=card)
    assert "did not accept" in (await shown.do(do="settle", create=0, status="completed"))["error"]
    assert (await shown.state())["create:0"]["status"] is None


async def test_a_bot_that_does_not_answer_is_slacks_trouble(shown: Scene) -> None:
    """Commands, forms and clicks say so, and nothing is lost from the screen."""
    card = await shown.ask()
    question = await shown.slack.wait_for(lambda slack: next(iter(slack.messages(SUPPORT, card)), None))
    await shown.do(do="say", who=AMINATA, channel=SUPPORT, text="/payout")
    modal = await shown.slack.wait_for_modal(AMINATA)
    await shown.stage.stop()
    values = {"beneficiary": "70000000", "amount": "500", "reason": "x"}
    for deed in (
        {"do": "say", "who": AMINATA, "channel": SUPPORT, "text": "/payout help"},
        {"do": "submit", "who": AMINATA, "view": modal.id, "values": values},
        {
            "do": "click", "who": CLARISSE, "channel": SUPPORT, "ts": question.ts,
            "block_id": "decision", "action_id": "approve", "confirm": True,
        },
    ):  # fmt: skip
        assert "dispatch_failed" == (await shown.do(**deed))["about"]["error"]
    assert f"view:{modal.id}" in await shown.state()


async def test_everybodys_slack_may_speak_another_language(shown: Scene) -> None:
    """The bot is told by `users.info`; what is offered for the command follows."""
    await shown.do(do="speak", locale="fr-FR")
    assert {"fr-FR"} == {shown.slack.workspace.people[user].locale for user in (AMINATA, CLARISSE, DAOUDA, GUEST)}
    assert "NUMÉRO MONTANT MOTIF" == (await shown.state())["workspace"]["commands"][0]["usage"]


async def _initiated(shown: Scene) -> str:
    card = await shown.ask()
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "Token:", thread_ts=card)
    return card


async def _modal_with_button(shown: Scene) -> str:
    button = {"type": "button", "action_id": "look", "text": {"type": "plain_text", "text": "Look"}}
    note = {"type": "plain_text_input", "action_id": "note"}
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Form"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [
            {
                "type": "input",
                "block_id": "note",
                "label": {"type": "plain_text", "text": "Note"},
                "element": note,
            },
            {"type": "actions", "block_id": "row", "elements": [button]},
        ],
    }
    return shown.slack.workspace.show(AMINATA, view).id
