"""The story that the demo plays: people's hands on the stand-in of Slack, and what everybody sees, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.sandbox import PATIENCE
from bot.sandbox.ligdicash.payouts import Create, Status
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.journal import Entry
from bot.sandbox.slack.server import SlackStandIn

AMINATA, CLARISSE, DAOUDA = "U0AMINATA", "U0CLARISSE", "U0DAOUDA"
SUPPORT, AUDIT = "C0SUPPORT", "C0AUDIT"

# Seconds: the longest that the bot waits for LigdiCash's answer, and some more.
HANGS = 45.0

_MENTION = re.compile(r"<@(U0\w+)>")
# Which of all messages it is tells the bot; people look at its place.
_TIMESTAMP = re.compile(r" \(\d{10}\.\d{6}(, in the thread) of \d{10}\.\d{6}\)| \(\d{10}\.\d{6}\)")
_LONG_TOKEN = re.compile(r"`(eyJ[\w-]{20})[\w.-]{40,}([\w-]{8})`")

Say = Callable[[str], None]

# What the scenes wait for, as the bot says it in French.
IN_FRENCH: Mapping[str, str] = MappingProxyType(
    {
        "is *completed*": "est *payé*",
        "asked for this payout yourself": "demandé ce paiement vous-même",
        "*refused*": "*refusé*",
        "*rejected*": "*rejeté*",
        "*unconfirmed*": "*non confirmé",
        "error page": "page d’erreur",
        "[Resolve]": "[Résoudre]",
        "proposes for": "propose pour",
        "marked paid": "déclaré payé",
        "Sending paused": "Envois suspendus",
        "Sending is paused": "Les envois sont suspendus",
        "wants sending to go on": "veut reprendre les envois",
    }
)
# What people of the story type, as somebody who speaks French would.
TYPED_IN_FRENCH: Mapping[str, str] = MappingProxyType(
    {
        "refund for order": "remboursement commande",
        "once more": "encore une fois",
        "advance for the field team": "avance pour l’équipe de terrain",
        "Order 1234 was refunded an hour ago": "La commande 1234 a été remboursée il y a une heure",
        "The dashboard shows it as paid": "Le tableau de bord l’indique comme payé",
        "pause the balance looks wrong": "suspendre le solde semble faux",
        "resume": "reprendre",
    }
)


@dataclass
class Story:
    """Plays the scenes; each raises `AssertionError` when something that must happen does not."""

    slack: SlackStandIn
    ligdicash: LigdicashSandbox
    say: Say
    heading: Say
    locale: str = "en"
    told: int = 0
    creates_told: int = 0

    async def play(self) -> None:
        """All scenes, in order."""
        await self._completed()
        await self._own_request()
        await self._refused_by_ligdicash()
        await self._rejected()
        await self._uncertain_then_completed()
        await self._uncertain()
        await self._hangs()
        await self._paused()
        self._sums()

    # The scenes

    async def _completed(self) -> None:
        self.heading("1. A refund, from the command to the final status")
        card = await self._ask("22670000000 5000 refund for order 1234")
        await self._approve(card)
        await self._thread(card, "Token")
        await self._thread(card, "is *completed*")
        await self._audit("🟢")
        self._tell()
        self._expect(1, self._paid("refund for order 1234"))

    async def _own_request(self) -> None:
        self.heading("2. Nobody approves an own request: Clarisse is an approver, but she asked")
        card = await self._ask("+226 70 00 00 20 12 500 F advance for the field team", user=CLARISSE)
        await self._approve(card, user=CLARISSE)
        await self.slack.wait_for(
            lambda slack: any(
                self._said("asked for this payout yourself") in one.words for one in slack.ephemerals(CLARISSE)
            ),
            timeout=PATIENCE,
            what="Clarisse being told no",
        )
        await self._approve(card, user=DAOUDA)
        await self._thread(card, "is *completed*")
        self._tell()
        self._expect(1, self._paid("advance for the field team"))

    async def _refused_by_ligdicash(self) -> None:
        self.heading("3. LigdiCash refuses: this number has no account there")
        card = await self._ask("22670000002 3000 refund for order 1240")
        await self._approve(card)
        await self._thread(card, "*refused*")
        self._tell()
        self._expect(0, self._paid("refund for order 1240"))

    async def _rejected(self) -> None:
        self.heading("4. An approver rejects, with a reason")
        card = await self._ask("22670000000 5000 refund for order 1234 once more")
        await self.slack.click(DAOUDA, await self._question(card), "reject")
        await self.slack.submit(
            await self.slack.wait_for_modal(DAOUDA), {"reason": self._typed("Order 1234 was refunded an hour ago")}
        )
        await self._thread(card, "*rejected*")
        self._tell()
        self._expect(1, self._paid("refund for order 1234"))

    async def _uncertain_then_completed(self) -> None:
        self.heading(
            "5. The connection breaks after LigdiCash took the request: unconfirmed, until its callback is proven"
        )
        card = await self._ask("22670000013 8000 refund for order 1251")
        await self._approve(card)
        await self._thread(card, "*unconfirmed*")
        await self._thread(card, "is *completed*")
        self._tell()
        self._expect(1, self._paid("refund for order 1251"))

    async def _uncertain(self) -> None:
        self.heading("6. LigdiCash answers with an error page: nobody knows, so nothing is sent again")
        card = await self._ask("22670000014 7500 refund for order 1260")
        await self._approve(card)
        await self._thread(card, "*unconfirmed*")
        await self._audit("error page")
        self._tell()
        self._expect(1, len([one for one in self.ligdicash.creates if " 1260" in str(one.body)]))

    async def _hangs(self) -> None:
        self.heading(
            "7. LigdiCash takes two requests and never answers: one calls back late, two people resolve the other"
        )
        late = await self._ask("22670000012 9000 refund for order 1270")
        await self._approve(late)
        lost = await self._ask("22670000016 6500 refund for order 1271")
        await self._approve(lost)
        self.say("(both requests hang; the bot waits for LigdiCash as long as it may)")
        await self._thread(late, "*unconfirmed*", seconds=HANGS)
        await self._thread(late, "is *completed*")
        await self._thread(lost, "*unconfirmed*", seconds=HANGS)
        self._pay_silently("refund for order 1271")
        self.say("(LigdiCash pays it without a callback: the bot cannot know, its dashboard shows it)")
        await self._resolve(lost, "paid", "The dashboard shows it as paid")
        await self._audit("marked paid")
        self._tell()
        self._expect((1, 1), (self._paid("refund for order 1270"), self._paid("refund for order 1271")))

    def _pay_silently(self, reason: str) -> None:
        (payout,) = (each for each in self.ligdicash.payouts if self._typed(reason) in str(each.order))
        # The callbacks that would tell of it are dropped here.
        self.ligdicash.bank.settle(payout.token, Status.COMPLETED)

    async def _resolve(self, card: Message, finding: str, reason: str) -> None:
        """One approver proposes with the card's button, another confirms just that."""
        shown = await self.slack.wait_for(
            lambda slack: next(
                (one for one in slack.messages(SUPPORT) if one.ts == card.ts and self._said("[Resolve]") in one.words),
                None,
            ),
            timeout=PATIENCE,
            what="the button Resolve",
        )
        await self.slack.click(CLARISSE, shown, "resolve")
        form = await self.slack.wait_for_modal(CLARISSE, timeout=PATIENCE)
        await self.slack.submit(form, {"finding": finding, "reason": self._typed(reason)})
        proposal = await self.slack.wait_for_message(
            SUPPORT, self._said("proposes for"), thread_ts=card.ts, timeout=PATIENCE
        )
        await self.slack.click(DAOUDA, proposal, "confirm", confirm=True)
        await self._thread(card, "marked paid")

    async def _paused(self) -> None:
        self.heading("8. An approver stops all sending; letting it go on takes two")
        await self.slack.command(user=CLARISSE, channel=SUPPORT, text=self._typed("pause the balance looks wrong"))
        await self._audit("Sending paused")
        card = await self._ask("22670000021 4000 refund for order 1280")
        await self._approve(card, user=DAOUDA)
        await self.slack.wait_for(
            lambda slack: any(
                one.ts == card.ts and self._said("Sending is paused") in one.words for one in slack.messages(SUPPORT)
            ),
            timeout=PATIENCE,
            what="the card that says that sending is paused",
        )
        self._expect(0, self._paid("refund for order 1280"))
        await self.slack.command(user=CLARISSE, channel=SUPPORT, text=self._typed("resume"))
        await self.slack.command(user=DAOUDA, channel=SUPPORT, text=self._typed("resume"))
        await self._thread(card, "is *completed*")
        self._tell()
        self._expect(1, self._paid("refund for order 1280"))

    def _sums(self) -> None:
        self.heading("What LigdiCash received, and what it paid")
        received = self.ligdicash.creates
        for create in received:
            order = dict(create.body["commande"]) if isinstance(create.body, dict) else {}
            self.say(f"  {_grouped(order.get('amount', 0)):>8} XOF to {order.get('customer')}: {self._became(create)}")
        times, amount = self.ligdicash.paid_total
        self.say(f"{len(received)} requests, none of them twice; {times} paid, {_grouped(amount)} XOF in all")
        self._expect(len(received), len({create.transaction_id for create in received}))
        self._expect(6, times)

    def _became(self, create: Create) -> str:
        """What became of a request at LigdiCash."""
        payout = next((each for each in self.ligdicash.payouts if each.number == create.number), None)
        if payout is None:
            answer = "answered with an error page" if create.outcome == "CRASH" else f"refused with {create.outcome}"
            return f"not paid ({answer}, nothing was accepted)"
        return f"paid ({payout.word})" if payout.paid else f"not paid ({payout.word})"

    # Hands

    async def _ask(self, text: str, user: str = AMINATA) -> Message:
        before = {message.ts for message in self.slack.messages(SUPPORT)}
        await self.slack.command(user=user, channel=SUPPORT, text=self._typed(text))
        modal = await self.slack.wait_for_modal(user, timeout=PATIENCE)
        result = await self.slack.submit(modal)
        self._expect({}, dict(result.errors))
        if not result.closed:
            # It may repeat an earlier payout: the form asks whether that is known.
            await self.slack.submit(await self.slack.wait_for_modal(user, timeout=PATIENCE), {"known": "known"})
        return await self.slack.wait_for(
            lambda slack: next((one for one in slack.messages(SUPPORT) if one.ts not in before), None),
            timeout=PATIENCE,
            what="the card",
        )

    async def _question(self, card: Message) -> Message:
        return await self.slack.wait_for(
            lambda slack: next(iter(slack.messages(SUPPORT, card.ts)), None), timeout=PATIENCE, what="the question"
        )

    async def _approve(self, card: Message, user: str = CLARISSE) -> None:
        await self.slack.click(user, await self._question(card), "approve", confirm=True)

    # Eyes

    async def _thread(self, card: Message, words: str, *, seconds: float = PATIENCE) -> None:
        await self.slack.wait_for_message(SUPPORT, self._said(words), thread_ts=card.ts, timeout=seconds)

    async def _audit(self, words: str) -> None:
        await self.slack.wait_for_message(AUDIT, self._said(words), timeout=PATIENCE)

    def _said(self, words: str) -> str:
        """The same in the language that is spoken."""
        return IN_FRENCH.get(words, words) if self.locale == "fr" else words

    def _typed(self, words: str) -> str:
        """What is typed, in the language that is spoken."""
        if self.locale == "fr":
            for english, french in TYPED_IN_FRENCH.items():
                words = words.replace(english, french)
        return words

    def _paid(self, reason: str) -> int:
        ours = [payout for payout in self.ligdicash.payouts if self._typed(reason) in str(payout.order)]
        return sum(payout.paid for payout in ours)

    def _expect(self, expected: object, actual: object) -> None:
        if expected != actual:
            raise AssertionError(f"expected {expected!r}, found {actual!r}")

    # Telling

    def _tell(self) -> None:
        """Print what happened since the last time, and what LigdiCash received."""
        for entry in self.slack.workspace.journal.entries[self.told :]:
            self._tell_entry(entry)
        self.told = len(self.slack.workspace.journal.entries)
        for create in self.ligdicash.creates[self.creates_told :]:
            commande = dict(create.body["commande"]) if isinstance(create.body, dict) else {}
            # The end of a callback's path is a secret, even here.
            commande["callback_url"] = re.sub(r"[0-9a-f]{40}$", "…", str(commande.get("callback_url")))
            self.say(f"LigdiCash received: {commande}")
            self.say(f"LigdiCash answered: {create.outcome}")
        self.creates_told = len(self.ligdicash.creates)

    def _tell_entry(self, entry: Entry) -> None:
        what = _TIMESTAMP.sub(lambda found: found[1] or "", entry.what)
        self.say(f"{entry.where:<14} {self._readable(what)}")
        for text in entry.seen:
            for line in text.splitlines():
                self.say(f"{'':<15}│ {self._readable(line)}")

    def _readable(self, text: str) -> str:
        """Names instead of ids, and a token's two ends."""
        named = _MENTION.sub(lambda found: f"@{self.slack.workspace.people[found[1]].display_name}", text)
        return _LONG_TOKEN.sub(r"`\1…\2`", named)


def _grouped(amount: int) -> str:
    return f"{amount:,}".replace(",", " ")
