"""What one person has on the screen, as items by key: the page is told of those that changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.bank import Create
from bot.sandbox.ligdicash.payouts import Payout
from bot.sandbox.page.skies import ByHand, Mood, Sky
from bot.sandbox.slack.people import BOT_USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.ligdicash.courier import Delivery
    from bot.sandbox.ligdicash.server import LigdicashSandbox
    from bot.sandbox.slack.channels import Channel, Message
    from bot.sandbox.slack.reading import Json
    from bot.sandbox.slack.server import SlackStandIn
    from bot.sandbox.slack.views import View

_MENTION = re.compile(r"<@([UW]\w+)(?:\|[^>]*)?>")

# A page that is opened late has no use for older ones.
LATEST_NOTICES = 40


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody the visitor can be."""

    user: str
    what: str


CAST = (
    Role("U0AMINATA", "agent"),
    Role("U0BOUKARY", "agent"),
    Role("U0CLARISSE", "approver"),
    Role("U0DAOUDA", "approver"),
    Role("U0GUEST", "guest"),
)

# Slack itself would offer the first alone, with the description and usage of the app's manifest.
COMMANDS: Mapping[str, tuple[Json, ...]] = MappingProxyType(
    {
        "en": (
            {"text": "/payout", "usage": "NUMBER AMOUNT REASON", "about": "Ask for a LigdiCash payout"},
            {"text": "/payout status", "usage": "ID", "about": "What became of one"},
            {"text": "/payout list", "usage": "", "about": "Your latest payouts"},
            {"text": "/payout policy", "usage": "", "about": "What you may, and what is left of the limits"},
            {"text": "/payout pause", "usage": "REASON", "about": "An approver stops all sending at once"},
            {"text": "/payout resume", "usage": "", "about": "Let sending go on: takes two approvers"},
            {"text": "/payout help", "usage": "", "about": "How it works"},
        ),
        "fr": (
            {"text": "/payout", "usage": "NUMÉRO MONTANT MOTIF", "about": "Demander un paiement LigdiCash"},
            {"text": "/payout statut", "usage": "ID", "about": "Ce qu’est devenu un paiement"},
            {"text": "/payout liste", "usage": "", "about": "Vos derniers paiements"},
            {"text": "/payout règles", "usage": "", "about": "Ce que vous pouvez faire, et ce qui reste des limites"},
            {"text": "/payout suspendre", "usage": "MOTIF", "about": "Un approbateur suspend aussitôt tous les envois"},
            {"text": "/payout reprendre", "usage": "", "about": "Reprendre les envois (il faut deux approbateurs)"},
            {"text": "/payout aide", "usage": "", "about": "Comment ça marche"},
        ),
    }
)

SHORTCUTS: tuple[Json, ...] = ({"callback_id": "refund", "text": "Refund · Rembourser"},)


@dataclass(slots=True)
class Switches:
    """What the visitor has switched, and what came of forged callbacks: by the number of a create request."""

    sky: Sky
    forged: dict[int, list[int | None]]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Painter:
    """Draws pictures of both stand-ins."""

    slack: SlackStandIn
    ligdicash: LigdicashSandbox
    switches: Switches

    def picture(self, who: str) -> dict[str, str]:
        """Every item that `who` may see, as JSON by key."""
        return {key: json.dumps(item) for key, item in self._items(who)}

    def _items(self, who: str) -> Iterator[tuple[str, Json]]:
        yield "workspace", self._workspace(who)
        for place, channel in enumerate(self.channels(who)):
            yield f"channel:{channel.id}", _channel(channel, place)
            for message in channel.messages.values():
                yield _message_key(message), self._message(message)
        for message in self.slack.ephemerals(who):
            yield _message_key(message), self._message(message)
        for place, view in enumerate(self.slack.modals(who)):
            yield f"view:{view.id}", _view(view) | {"place": place}
        if (home := self.slack.home(who)) is not None:
            yield "home", _view(home)
        yield from self._notices()
        yield "sky", {"slack": self.switches.sky, "skies": list(Sky)}
        yield "ligdicash", self._bank()
        for number, create in enumerate(self.ligdicash.creates):
            yield f"create:{number}", self._create(number, create)

    # Slack

    def channels(self, who: str) -> list[Channel]:
        """The conversations of somebody in which the bot is; the direct message with it comes last."""
        space = self.slack.workspace
        direct = space.dm(who)
        shared = [
            channel
            for channel in space.channels.values()
            if channel.has_bot and who in channel.members and not channel.is_direct
        ]
        return [*shared, space.channel(direct)]

    def _workspace(self, who: str) -> Json:
        people = self.slack.workspace.people
        return {
            "bot": BOT_USER,
            "names": {person.id: person.display_name for person in people},
            "channels": {
                channel.id: channel.name for channel in self.slack.workspace.channels.values() if not channel.is_direct
            },
            "groups": {group.id: group.handle for group in people.groups.values()},
            "cast": [{"id": role.user, "role": role.what, "locale": people[role.user].locale} for role in CAST],
            "commands": list(COMMANDS[people[who].locale[:2]]),
            "shortcuts": list(SHORTCUTS),
            "archive": f"https://{self.slack.workspace.domain}.slack.example/archives/",
            "languages": list(self.switches.languages),
        }

    def _message(self, message: Message) -> Json:
        return {
            "channel": message.channel,
            "ts": message.ts,
            "author": message.author,
            "text": message.raw,
            "blocks": list(message.blocks),
            "thread_ts": message.thread_ts if message.thread_ts != message.ts else None,
            "edits": len(message.edits),
            "only_you": message.to is not None,
        }

    def _notices(self) -> Iterator[tuple[str, Json]]:
        """What lights up on phones: a message of the bot that mentions somebody, or that is to one person."""
        posted = [
            message
            for channel in self.slack.workspace.channels.values()
            for message in channel.messages.values()
            if message.author == BOT_USER
        ]
        for message in sorted(posted, key=lambda each: each.ts)[-LATEST_NOTICES:]:
            if users := self._called(message):
                yield (
                    f"notice:{message.channel}:{message.ts}",
                    {
                        "users": users,
                        # As it was when the phone lit up.
                        "text": message.edits[0].raw if message.edits else message.raw,
                        "channel": message.channel,
                        "ts": message.ts,
                        "thread_ts": message.thread_ts,
                    },
                )

    def _called(self, message: Message) -> list[str]:
        channel = self.slack.workspace.channel(message.channel)
        text, blocks = message.raw, message.blocks
        if message.edits:
            text, blocks = message.edits[0].raw, message.edits[0].blocks
        mentioned = set(_MENTION.findall(json.dumps([text, *blocks])))
        named = channel.members if channel.is_direct else mentioned & channel.members
        return [role.user for role in CAST if role.user in named]

    # LigdiCash

    def _bank(self) -> Json:
        times, amount = self.ligdicash.paid_total
        weather = self.ligdicash.weather
        return {
            "received": len(self.ligdicash.creates),
            "paid": times,
            "sum": amount,
            "mood": weather.mood if isinstance(weather, ByHand) else Mood.WELL,
            "moods": list(Mood),
            "closed": self.ligdicash.closed,
            "waits": isinstance(weather, ByHand) and weather.waits,
        }

    def _create(self, number: int, create: Create) -> Json:
        payout = self.payout_of(create)
        asked = [] if payout is None else [each for each in self.ligdicash.bank.asked if each.number == payout.number]
        return {
            "number": number,
            "received": create.received,
            "endpoint": create.endpoint,
            **_order(create),
            "outcome": create.outcome,
            "transaction_id": create.transaction_id,
            "status": None if payout is None else payout.status,
            "paid": payout is not None and payout.paid,
            "callbacks": [] if payout is None else _answers(self.ligdicash.deliveries, payout),
            "asked": len(asked),
            "said": asked[-1].said if asked else "",
            "forged": self.switches.forged.get(number, []),
        }

    def payout_of(self, create: Create) -> Payout | None:
        """What came of a create request, as it stands now; None when it was not accepted."""
        return next((each for each in self.ligdicash.payouts if each.number == create.number), None)


def commande(create: Create) -> Mapping[str, object]:
    """What a create request asked for, unchecked."""
    found = create.body.get("commande") if isinstance(create.body, dict) else None
    return found if isinstance(found, dict) else {}


def _order(create: Create) -> Json:
    """Never the callback's address: the end of its path is a secret, even here."""
    asked = commande(create)
    return {name: str(asked.get(name, "")) for name in ("amount", "customer", "description")}


def _answers(deliveries: list[Delivery], payout: Payout) -> list[int | None]:
    return [each.answer for each in deliveries if each.payout.number == payout.number]


def _channel(channel: Channel, place: int) -> Json:
    return {"id": channel.id, "name": channel.name, "direct": channel.is_direct, "place": place}


def _message_key(message: Message) -> str:
    return f"message:{message.channel}:{message.ts}"


def _view(view: View) -> Json:
    """Without what the bot hid in it: nobody sees that on a screen."""
    shown: Json = {key: view.spec[key] for key in ("title", "submit", "close", "blocks") if key in view.spec}
    return {"id": view.id, "values": view.values, "errors": view.errors, **shown}
