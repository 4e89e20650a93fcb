"""The Web API, asked by Slack's own client over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Channel, Person, SlackStandIn, UserGroup
from tests.sandbox.slack_app import HandClock, actions, button


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A stand-in whose clock is moved by hand."""
    async with SlackStandIn.running(clock=HandClock()) as running:
        yield running


@pytest.fixture
def client(slack: SlackStandIn) -> AsyncWebClient:
    """Slack's own client, with the bot's token."""
    return AsyncWebClient("xoxb-test", base_url=slack.api_url)


async def error_of(client: AsyncWebClient, method: str, **args: object) -> str:
    """Slack's error for a call that must be refused."""
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=args)
    error = caught.value.response["error"]
    assert isinstance(error, str)
    return error


async def test_auth_test_names_bot_and_team(client: AsyncWebClient) -> None:
    """The bot learns who it is and where."""
    answer = await client.auth_test()
    assert ("U0PAYOUT", "B0PAYOUT", "T0TEAM") == (answer["user_id"], answer["bot_id"], answer["team_id"])


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        (None, "auth.test", "not_authed"),
        ("xoxb-other", "auth.test", "invalid_auth"),
        ("xapp-test", "auth.test", "not_allowed_token_type"),
        ("xoxb-test", "apps.connections.open", "not_allowed_token_type"),
        ("xoxb-test", "chat.delete", "unknown_method"),
    ],
)
async def test_wrong_tokens_and_methods_are_refused(
    slack: SlackStandIn, token: str | None, method: str, error: str
) -> None:
    """A call without the right token, or of a method that is not there, gets Slack's error."""
    assert error == await error_of(AsyncWebClient(token, base_url=slack.api_url), method)


async def test_a_scope_that_was_not_granted_is_named(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """`missing_scope` says which one is needed."""
    slack.api.scopes.discard("users:read")
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0AMINATA")
    assert ("missing_scope", "users:read") == (
        caught.value.response["error"],
        caught.value.response["needed"],
    )


@pytest.mark.parametrize(
    ("user", "flags"),
    [
        ("U0AMINATA", {"deleted": False, "is_bot": False, "is_restricted": False}),
        ("U0GUEST", {"is_restricted": True, "is_ultra_restricted": False}),
        ("U0SINGLE", {"is_restricted": True, "is_ultra_restricted": True}),
        ("U0GONE", {"deleted": True}),
        ("U0ROBOT", {"is_bot": True}),
    ],
)
async def test_users_info_tells_who_somebody_is(client: AsyncWebClient, user: str, flags: dict[str, bool]) -> None:
    """Members, guests, bots and the deactivated are told apart by Slack's own flags."""
    shown = (await client.users_info(user=user))["user"]
    assert flags == {name: shown[name] for name in flags}


async def test_deactivated_people_lose_their_guest_flags(client: AsyncWebClient) -> None:
    """Slack leaves those flags out, so that nobody may count on them."""
    assert "is_restricted" not in (await client.users_info(user="U0GONE"))["user"]


@pytest.mark.parametrize("user", ["U0STRANGER", "U0NOBODY"])
async def test_people_of_elsewhere_are_not_found(client: AsyncWebClient, user: str) -> None:
    """`users.info` fails for people of another workspace as for nobody."""
    assert "user_not_found" == await error_of(client, "users.info", user=user)


async def test_a_stranger_who_is_seen_is_marked(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Somebody of another workspace whom `users.info` does find is marked `is_stranger`."""
    slack.workspace.people.add(Person("U0SEEN", "Seen", team_id="T0OTHER", is_stranger=True))
    shown = (await client.users_info(user="U0SEEN"))["user"]
    assert (True, "T0OTHER") == (shown["is_stranger"], shown["team_id"])


async def test_the_locale_is_told_when_asked_for(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """`locale` comes only with `include_locale`."""
    slack.workspace.people.speak("U0AMINATA", "fr-FR")
    assert "locale" not in (await client.users_info(user="U0AMINATA"))["user"]
    assert "fr-FR" == (await client.users_info(user="U0AMINATA", include_locale=True))["user"]["locale"]


async def test_people_change(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Somebody who was deactivated, or made a guest, is shown so from then on."""
    slack.workspace.people.deactivate("U0CLARISSE")
    slack.workspace.people.make_guest("U0DAOUDA")
    assert (await client.users_info(user="U0CLARISSE"))["user"]["deleted"]
    assert (await client.users_info(user="U0DAOUDA"))["user"]["is_restricted"]


async def test_conversations_info(client: AsyncWebClient) -> None:
    """A public channel is described whether the bot is in it or not; a private one only from inside."""
    support = (await client.conversations_info(channel="C0SUPPORT"))["channel"]
    quiet = (await client.conversations_info(channel="C0QUIET"))["channel"]
    assert (True, False, False) == (support["is_member"], support["is_private"], quiet["is_member"])
    assert "channel_not_found" == await error_of(client, "conversations.info", channel="G0PRIVATE")
    assert "channel_not_found" == await error_of(client, "conversations.info", channel="C0NOWHERE")


async def test_conversations_are_listed(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Lists hold what the bot may see, by type; members come by id."""
    slack.workspace.channel("G0PRIVATE").members.add("U0PAYOUT")
    public = await client.conversations_list()
    private = await client.conversations_list(types="private_channel")
    assert {"C0SUPPORT", "C0AUDIT", "C0QUIET"} == {each["id"] for each in public["channels"]}
    assert ["G0PRIVATE"] == [each["id"] for each in private["channels"]]
    members = await client.conversations_members(channel="C0AUDIT")
    assert ["U0CLARISSE", "U0DAOUDA", "U0PAYOUT"] == members["members"]


@pytest.mark.parametrize(
    ("user", "error"),
    [("U0GONE", "user_disabled"), ("U0ROBOT", "cannot_dm_bot"), ("U0STRANGER", "user_not_found")],
)
async def test_who_cannot_be_written_to(client: AsyncWebClient, user: str, error: str) -> None:
    """A direct message opens only with a person who is there."""
    assert error == await error_of(client, "conversations.open", users=user)
    assert error == await error_of(client, "chat.postMessage", channel=user, text="hello")


async def test_direct_messages(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Opened twice it is the same one, and a message to a person's id arrives in it."""
    first = (await client.conversations_open(users="U0AMINATA"))["channel"]["id"]
    again = (await client.conversations_open(users=["U0AMINATA"]))["channel"]["id"]
    posted = await client.chat_postMessage(channel="U0AMINATA", text="hello")
    assert first == again == posted["channel"]
    assert ["hello"] == [message.text for message in slack.direct_messages("U0AMINATA")]


async def test_posting(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """What is posted is there, its text raw, its words with the blocks; a thread is a list of its own."""
    answer = await client.chat_postMessage(channel="C0SUPPORT", text="<!channel> asked", blocks=[actions(button())])
    reply = await client.chat_postMessage(channel="C0SUPPORT", text="decide", thread_ts=answer["ts"])
    (card,) = slack.messages("C0SUPPORT")
    assert ("<!channel> asked", "<!channel> asked\n[Approve]") == (card.text, card.words)
    assert [reply["ts"]] == [each.ts for each in slack.messages("C0SUPPORT", thread_ts=answer["ts"])]
    assert answer["ts"] < reply["ts"]
    assert ("B0PAYOUT", "U0PAYOUT") == (answer["message"]["bot_id"], answer["message"]["user"])


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0QUIET", "text": "x"}, "not_in_channel"),
        ({"channel": "G0PRIVATE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0OLD", "text": "x"}, "is_archived"),
        ({"channel": "#support", "text": "x"}, "channel_not_found"),
        ({"channel": "C0SUPPORT"}, "no_text"),
        ({"channel": "C0SUPPORT", "text": " ", "blocks": []}, "no_text"),
        ({"channel": "C0SUPPORT", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "C0SUPPORT", "text": "x", "blocks": [{"type": "what"}]}, "invalid_blocks"),
        ({"channel": "C0SUPPORT", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0SUPPORT", "text": 5}, "invalid_arguments"),
    ],
)
async def test_what_cannot_be_posted(
    slack: SlackStandIn, client: AsyncWebClient, args: dict[str, object], error: str
) -> None:
    """Each refusal has Slack's own error, and nothing is posted."""
    slack.workspace.add_channel(Channel("C0OLD", "old", members={"U0PAYOUT"}, is_archived=True))
    assert error == await error_of(client, "chat.postMessage", **args)
    assert [] == slack.all_messages()


async def test_a_reply_has_no_thread_of_its_own(client: AsyncWebClient) -> None:
    """`thread_ts` names the first message of a thread, not one inside."""
    first = await client.chat_postMessage(channel="C0SUPPORT", text="card")
    reply = await client.chat_postMessage(channel="C0SUPPORT", text="reply", thread_ts=first["ts"])
    error = await error_of(client, "chat.postMessage", channel="C0SUPPORT", text="x", thread_ts=reply["ts"])
    assert "cannot_reply_to_message" == error


async def test_forms_do_as_well_as_json(slack: SlackStandIn) -> None:
    """A form with blocks as JSON in a string, and the token in it, is understood."""
    form = {"token": "xoxb-test", "channel": "C0SUPPORT", "text": "a b", "blocks": '[{"type":"divider"}]'}
    async with (
        aiohttp.ClientSession() as session,
        session.post(slack.api_url + "chat.postMessage", data=form) as response,
    ):
        assert (await response.json())["ok"]
    (message,) = slack.messages("C0SUPPORT")
    assert ("a b", "divider") == (message.text, message.blocks[0]["type"])


async def test_a_text_over_40000_characters_is_cut(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Slack truncates what is posted, but refuses an edit of more than 4,000."""
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="x" * 40_001)
    assert 40_000 == len(slack.messages("C0SUPPORT")[0].text)
    error = await error_of(client, "chat.update", channel="C0SUPPORT", ts=posted["ts"], text="x" * 4_001)
    assert "msg_too_long" == error


async def test_updating(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """An edit keeps what was there before; a text alone leaves the blocks, an empty list does not."""
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="one", blocks=[actions(button())])
    await client.chat_update(channel="C0SUPPORT", ts=posted["ts"], text="two")
    (kept,) = slack.messages("C0SUPPORT")
    await client.chat_update(channel="C0SUPPORT", ts=posted["ts"], text="three", blocks=[])
    (bare,) = slack.messages("C0SUPPORT")
    assert ("two\n[Approve]", "three") == (kept.words, bare.words)
    assert ["one", "two"] == [edit.text for edit in bare.edits]


async def test_what_cannot_be_updated(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Only the bot's own messages that are there; ephemeral ones never."""
    theirs = slack.workspace.say("U0AMINATA", "C0SUPPORT", "hello")
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0AMINATA", text="psst")
    hidden = slack.ephemerals("U0AMINATA")[0].ts
    for ts, error in [
        (theirs.ts, "cant_update_message"),
        (hidden, "message_not_found"),
        ("1.000001", "message_not_found"),
    ]:
        assert error == await error_of(client, "chat.update", channel="C0SUPPORT", ts=ts, text="x")


async def test_ephemeral_messages(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """One person sees them, and must be in the channel."""
    await client.chat_postEphemeral(channel="C0SUPPORT", user="U0AMINATA", text="psst")
    assert ["psst"] == [message.text for message in slack.ephemerals("U0AMINATA")]
    assert ([], []) == (slack.ephemerals("U0BOUKARY"), slack.messages("C0SUPPORT"))
    args = {"channel": "C0AUDIT", "user": "U0AMINATA", "text": "psst"}
    assert "user_not_in_channel" == await error_of(client, "chat.postEphemeral", **args)


async def test_permalinks(client: AsyncWebClient) -> None:
    """A message has an address, one in a thread names the thread."""
    first = await client.chat_postMessage(channel="C0SUPPORT", text="card")
    reply = await client.chat_postMessage(channel="C0SUPPORT", text="reply", thread_ts=first["ts"])
    link = (await client.chat_getPermalink(channel="C0SUPPORT", message_ts=first["ts"]))["permalink"]
    inner = (await client.chat_getPermalink(channel="C0SUPPORT", message_ts=reply["ts"]))["permalink"]
    assert link.endswith(f"/C0SUPPORT/p{first['ts'].replace('.', '')}")
    assert f"thread_ts={first['ts']}" in inner
    assert "message_not_found" == await error_of(
        client, "chat.getPermalink", channel="C0SUPPORT", message_ts="1.000001"
    )


async def test_user_groups(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Their members are told once the scope is granted, the deactivated among them."""
    slack.workspace.people.add_group(UserGroup("S0APPROVERS", "approvers", ("U0CLARISSE", "U0GONE")))
    assert "missing_scope" == await error_of(client, "usergroups.users.list", usergroup="S0APPROVERS")
    slack.api.scopes.add("usergroups:read")
    assert ["U0CLARISSE", "U0GONE"] == (await client.usergroups_users_list(usergroup="S0APPROVERS"))["users"]
    assert "no_such_subteam" == await error_of(client, "usergroups.users.list", usergroup="S0NONE")


async def test_calls_are_kept_without_the_token(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Tests can read what was asked and answered, and the token is not in it."""
    await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    await error_of(client, "chat.update", token="xoxb-test", channel="C0SUPPORT", ts="1.1", text="x")
    posted, refused = slack.calls
    assert ("chat.postMessage", "hello", True) == (posted.method, posted.args["text"], posted.ok)
    assert ("message_not_found", False) == (refused.answer["error"], refused.ok)
    assert "xoxb" not in repr(slack.calls)


async def test_broken_json_is_refused(slack: SlackStandIn) -> None:
    """What is no JSON object gets `invalid_json`, not a 500."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-test"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for body in (b"{", b"[]"):
            async with session.post(slack.api_url + "auth.test", data=body) as response:
                assert "invalid_json" == (await response.json())["error"]
