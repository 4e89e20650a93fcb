"""The Web API's methods on a workspace, whatever brought the call here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sandbox.slack.channels import ChannelKind, Message
from bot.sandbox.slack.limits import (
    TEXT_OF_AN_UPDATE,
    TEXT_TRUNCATED_AT,
    Surface,
    check_blocks,
    check_view,
)
from bot.sandbox.slack.people import APP_ID, BOT_ID, BOT_USER, TEAM
from bot.sandbox.slack.reading import Refused
from bot.sandbox.slack.trouble import Trouble, Weather, fair

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack.channels import Channel
    from bot.sandbox.slack.reading import Json
    from bot.sandbox.slack.views import View
    from bot.sandbox.slack.workspace import Workspace

DEFAULT_SCOPES = frozenset({"commands", "chat:write", "users:read", "channels:read", "groups:read", "im:write"})

IN_A_STRING = {
    "blocks": "invalid_blocks_format",
    "view": "invalid_arguments",
    "metadata": "invalid_metadata_format",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was received, and what it was answered; never the token."""

    method: str
    args: Json
    answer: Json
    at: int
    trouble: Trouble | None = None

    @property
    def ok(self) -> bool:
        """Whether Slack did it."""
        return bool(self.answer["ok"])


class WebApi:
    """Answers `call(method, token, args)` as Slack would; every call is kept in `calls`."""

    def __init__(self, workspace: Workspace, bot_token: str, app_token: str) -> None:
        self.workspace = workspace
        self.bot_token = bot_token
        self.app_token = app_token
        self.scopes: set[str] = set(DEFAULT_SCOPES)
        self.open_socket: Callable[[], str] | None = None
        """Gives the address of a new WebSocket; without it there is no Socket Mode."""
        self.weather: Weather = fair
        """Asked for each call what trouble it meets; set it to see the bot in bad weather."""
        self.calls: list[Call] = []
        self._methods: dict[str, Callable[[Json], Json]] = {
            "api.test": lambda args: {"args": args},
            "auth.test": self._auth_test,
            "users.info": self._users_info,
            "conversations.info": self._conversations_info,
            "conversations.members": self._conversations_members,
            "conversations.list": self._conversations_list,
            "conversations.open": self._conversations_open,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update_message,
            "chat.getPermalink": self._get_permalink,
            "views.open": self._views_open,
            "views.push": self._views_push,
            "views.update": self._views_update,
            "views.publish": self._views_publish,
            "usergroups.users.list": self._usergroups_users_list,
            "apps.connections.open": self._connections_open,
        }

    def call(self, method: str, token: str | None, args: Json) -> Json:
        """Slack's answer: `{"ok": true, …}` or `{"ok": false, "error": …}`; nothing is raised."""
        return self.exchange(method, token, args).answer

    def exchange(self, method: str, token: str | None, args: Json) -> Call:
        """The same with the trouble that the call met, which a transport has to bring about."""
        trouble = self.weather(method, args)
        if trouble is None or trouble.done:
            answer = self._outcome(method, token, args)
        else:
            answer = {"ok": False, "error": trouble.error or "internal_error"}
        call = Call(method, args, answer, self.workspace.clock.now(), trouble)
        self.calls.append(call)
        self.workspace.changed()
        return call

    def _outcome(self, method: str, token: str | None, args: Json) -> Json:
        try:
            return self._answer(method, token, args)
        except Refused as refused:
            answer: Json = {"ok": False, "error": refused.error, **refused.more}
            if refused.messages:
                answer["response_metadata"] = {"messages": list(refused.messages)}
            return answer

    def _answer(self, method: str, token: str | None, args: Json) -> Json:
        known = self._methods.get(method)
        if known is None:
            raise Refused("unknown_method", req_method=method)
        if method != "api.test":
            self._check_token(method, token)
        return {"ok": True, **known(_decoded(args))}

    def _check_token(self, method: str, token: str | None) -> None:
        if not token:
            raise Refused("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise Refused("invalid_auth")
        wants_app_token = method == "apps.connections.open"
        if wants_app_token != (token == self.app_token):
            raise Refused("not_allowed_token_type")

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    # Who

    def _auth_test(self, _args: Json) -> Json:
        space = self.workspace
        return {
            "url": f"https://{space.domain}.slack.example/",
            "team": "Team",
            "user": "payout",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "is_enterprise_install": False,
        }

    def _users_info(self, args: Json) -> Json:
        self._need("users:read")
        person = self.workspace.people.found(_text(args, "user", "user_not_found"))
        with_locale = args.get("include_locale") in (True, "1", "true")
        return {"user": person.described(with_locale=with_locale)}

    def _usergroups_users_list(self, args: Json) -> Json:
        self._need("usergroups:read")
        group = self.workspace.people.groups.get(_text(args, "usergroup", "invalid_arguments"))
        if group is None or (group.disabled and not args.get("include_disabled")):
            raise Refused("no_such_subteam")
        return {"users": list(group.users)}

    # Conversations

    def _channel(self, args: Json) -> Channel:
        channel = self.workspace.channels.get(_text(args, "channel", "channel_not_found"))
        if channel is None or not channel.is_visible_to_bot:
            raise Refused("channel_not_found")
        return channel

    def _readable_channel(self, args: Json) -> Channel:
        channel = self._channel(args)
        needed = {ChannelKind.PRIVATE: "groups:read", ChannelKind.DIRECT: "im:read"}
        self._need(needed.get(channel.kind, "channels:read"))
        return channel

    def _conversations_info(self, args: Json) -> Json:
        return {"channel": self._readable_channel(args).described()}

    def _conversations_members(self, args: Json) -> Json:
        members = sorted(self._readable_channel(args).members)
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    def _conversations_list(self, args: Json) -> Json:
        self._need("channels:read")
        kinds = {
            "public_channel": ChannelKind.PUBLIC,
            "private_channel": ChannelKind.PRIVATE,
            "im": ChannelKind.DIRECT,
        }
        wanted = {kinds.get(kind) for kind in str(args.get("types", "public_channel")).split(",")}
        listed = [
            channel.described()
            for channel in self.workspace.channels.values()
            if channel.is_visible_to_bot and channel.kind in wanted
        ]
        return {"channels": listed, "response_metadata": {"next_cursor": ""}}

    def _conversations_open(self, args: Json) -> Json:
        self._need("im:write")
        users = args.get("users", "")
        names = users if isinstance(users, list) else str(users).split(",")
        if len(names) != 1:
            raise Refused("users_list_not_supplied" if not names else "not_enough_users")
        return {"channel": {"id": self._dm_with(names[0])}}

    def _dm_with(self, user: str) -> str:
        person = self.workspace.people.found(user)
        if person.deleted:
            raise Refused("user_disabled")
        if person.is_bot:
            raise Refused("cannot_dm_bot")
        return self.workspace.dm(user)

    # Messages

    def _post_message(self, args: Json) -> Json:
        self._need("chat:write")
        channel = self._postable_channel(args)
        text, blocks = _content(args)
        thread_ts = self._thread(channel, args)
        ts = self.workspace.next_ts()
        message = Message(
            channel=channel.id,
            ts=ts,
            author=BOT_USER,
            raw=text[:TEXT_TRUNCATED_AT],
            blocks=tuple(self.workspace.with_ids(blocks)),
            thread_ts=thread_ts,
            metadata=args.get("metadata"),
        )
        self.workspace.post(message)
        return {"channel": channel.id, "ts": ts, "message": message.described()}

    def _postable_channel(self, args: Json) -> Channel:
        channel_id = _text(args, "channel", "channel_not_found")
        if channel_id in self.workspace.people:
            return self.workspace.channel(self._dm_with(channel_id))
        channel = self._channel(args)
        if channel.is_archived:
            raise Refused("is_archived")
        if not channel.has_bot:
            raise Refused("not_in_channel")
        return channel

    def _thread(self, channel: Channel, args: Json) -> str | None:
        thread_ts: str | None = args.get("thread_ts") or None
        if thread_ts is None:
            return None
        parent = channel.messages.get(thread_ts)
        if parent is None:
            raise Refused("thread_not_found")
        if parent.thread_ts not in (None, thread_ts):
            raise Refused("cannot_reply_to_message")
        return thread_ts

    def _post_ephemeral(self, args: Json) -> Json:
        self._need("chat:write")
        channel = self._postable_channel(args)
        user = _text(args, "user", "user_not_found")
        if user not in channel.members:
            raise Refused("user_not_in_channel")
        text, blocks = _content(args)
        ts = self.workspace.next_ts()
        thread_ts = self._thread(channel, args)
        shown = tuple(self.workspace.with_ids(blocks))
        self.workspace.whisper(Message(channel.id, ts, BOT_USER, text, shown, thread_ts, to=user))
        return {"message_ts": ts}

    def _update_message(self, args: Json) -> Json:
        self._need("chat:write")
        channel = self._channel(args)
        message = channel.messages.get(_text(args, "ts", "message_not_found"))
        if message is None:
            raise Refused("message_not_found")
        if message.author != BOT_USER:
            raise Refused("cant_update_message")
        if channel.is_archived:
            raise Refused("is_archived")
        text, blocks = self._new_content(message, args)
        after = self.workspace.edit(message, text, blocks, args.get("metadata"))
        return {"channel": channel.id, "ts": message.ts, "text": text, "message": after.described()}

    def _new_content(self, message: Message, args: Json) -> tuple[str, list[Json]]:
        text, blocks = _content(args)
        if len(text) > TEXT_OF_AN_UPDATE:
            raise Refused("msg_too_long")
        # A text alone leaves the blocks as they were, and those are what people see
        # (slackapi/python-slack-sdk#523); an empty list takes them away.
        kept = list(message.blocks) if args.get("blocks") is None else self.workspace.with_ids(blocks)
        return text or message.raw, kept

    def _get_permalink(self, args: Json) -> Json:
        channel = self._channel(args)
        message = channel.messages.get(_text(args, "message_ts", "message_not_found"))
        if message is None:
            raise Refused("message_not_found")
        return {"channel": channel.id, "permalink": self.workspace.permalink(message)}

    # Views

    def _views_open(self, args: Json) -> Json:
        view = check_view(args.get("view"), Surface.MODAL)
        self._check_external_id(view)
        trigger = self.workspace.exchange_trigger(_text(args, "trigger_id", "invalid_trigger_id"))
        return {"view": self.workspace.show(trigger.user, view).described()}

    def _views_push(self, args: Json) -> Json:
        view = check_view(args.get("view"), Surface.MODAL)
        self._check_external_id(view)
        trigger = self.workspace.exchange_trigger(_text(args, "trigger_id", "invalid_trigger_id"))
        if trigger.view is None or not trigger.view.is_open:
            raise Refused("not_found")
        return {"view": self.workspace.show(trigger.user, view, above=trigger.view).described()}

    def _check_external_id(self, view: Json) -> None:
        wanted = view.get("external_id")
        if wanted and any(wanted == each.spec.get("external_id") for each in self.workspace.views.values()):
            raise Refused("duplicate_external_id")

    def _views_update(self, args: Json) -> Json:
        spec = check_view(args.get("view"), Surface.MODAL)
        view = self._open_view(args)
        _check_hash(view, args)
        return {"view": self.workspace.change(view, spec).described()}

    def _open_view(self, args: Json) -> View:
        if "view_id" not in args and "external_id" not in args:
            raise Refused("invalid_arguments", ["[ERROR] missing required field: view_id"])
        for view in self.workspace.views.values():
            named = view.id == args.get("view_id") or view.spec.get("external_id") == args.get("external_id", "")
            if named and view.is_open:
                return view
        raise Refused("not_found")

    def _views_publish(self, args: Json) -> Json:
        spec = check_view(args.get("view"), Surface.HOME)
        user = _text(args, "user_id", "invalid_arguments")
        if user not in self.workspace.people:
            raise Refused("user_not_found")
        if user in self.workspace.homes:
            _check_hash(self.workspace.homes[user], args)
        return {"view": self.workspace.publish(user, spec).described()}

    # Socket Mode

    def _connections_open(self, _args: Json) -> Json:
        if self.open_socket is None:
            raise Refused("socket_mode_not_enabled")
        return {"url": self.open_socket()}


def _decoded(args: Json) -> Json:
    """Arguments as objects: in a form, and often in JSON too, blocks and views come as JSON in a string."""
    decoded = dict(args)
    for name, error in IN_A_STRING.items():
        if isinstance(decoded.get(name), str):
            try:
                decoded[name] = json.loads(decoded[name])
            except ValueError:
                raise Refused(error, [f"[ERROR] must provide an object [json-pointer:/{name}]"]) from None
    return decoded


def _text(args: Json, name: str, error: str) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(error)
    return value


def _content(args: Json) -> tuple[str, list[Json]]:
    text = args.get("text") or ""
    if not isinstance(text, str):
        raise Refused("invalid_arguments", ["[ERROR] must provide a string [json-pointer:/text]"])
    blocks = check_blocks(args["blocks"]) if args.get("blocks") else []
    if not text.strip() and not blocks:
        raise Refused("no_text")
    return text, blocks


def _check_hash(view: View, args: Json) -> None:
    given = args.get("hash")
    if given is None:
        return
    if not given:
        raise Refused("invalid_arguments", ["[ERROR] must be more than 0 characters [json-pointer:/hash]"])
    if given != view.hash:
        raise Refused("hash_conflict")
