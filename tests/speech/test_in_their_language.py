"""From outside: channels hear `LOCALE`, and each person alone hears the language of their own Slack."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import CommandAnswer, Message, View, outage
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, GUEST, SUPPORT, SkippingClock, Stage, hurried, stage
from tests.story.office import PAID, audit, press, seen, told

ASKED = f"{PAID} 5000 refund"
# Slack takes it for a text, and nobody can read it.
INVISIBLE = "\u200b"


class Opening(Protocol):
    """Starts a bot that posts in this language, in a workspace where these people speak these."""

    async def __call__(self, locale: str, **speak: str) -> Stage:
        """The scene, begun."""


@pytest.fixture
async def opening(tmp_path: Path) -> AsyncIterator[Opening]:
    """A team whose people's Slacks speak different languages."""
    async with AsyncExitStack() as stack:
        stack.enter_context(hurried())

        async def start(locale: str, **speak: str) -> Stage:
            scene = await stack.enter_async_context(stage(tmp_path, clock=SkippingClock(), LOCALE=locale))
            for name, spoken in speak.items():
                scene.slack.workspace.people.speak(f"U0{name.upper()}", spoken)
            return scene

        yield start


async def direct(scene: Stage, user: str) -> str:
    """What the bot wrote to this person directly, once everything is told."""
    await told(scene)
    return "\n".join(one.text for one in scene.slack.direct_messages(user))


async def posted(scene: Stage, card: Message) -> tuple[str, str, str]:
    """The card, its thread and the audit channel, once everything is told."""
    await told(scene)
    thread = "\n".join(one.words for one in scene.slack.messages(SUPPORT, card.ts))
    return seen(scene, card).words, thread, "\n".join(audit(scene))


async def home(scene: Stage, user: str) -> View:
    """Home, once it is drawn."""
    await scene.slack.open_home(user)
    return await scene.slack.wait_for(lambda slack: slack.home(user), what="Home")


async def asked(scene: Stage, user: str, text: str) -> CommandAnswer:
    """Type it after `/payout`."""
    return await scene.slack.command(user, SUPPORT, text)


async def test_a_french_agent_in_an_english_team(opening: Opening) -> None:
    """The form, its errors, answers, direct messages and Home are French; what the channel sees is English."""
    scene = await opening("en", aminata="fr-FR")
    form = await scene.form(ASKED)
    assert ("Demander un paiement", "Numéro du bénéficiaire") == (form.title, form.labels["beneficiary"])
    assert "5 000" == form.values["amount"]
    result = await scene.slack.submit(form, {"amount": "none"})
    assert {"amount": "« none » n’est pas un montant. Écrivez des francs entiers, comme 5 000."} == result.errors
    await scene.slack.close(form)
    card = await scene.ask(ASKED)
    await scene.approve(card)
    await scene.card_says(card, "Completed")
    shown, thread, lines = await posted(scene, card)
    assert "*5 000 XOF*" in shown
    assert "is *completed*" in thread
    assert "approved by" in lines
    assert "5 000 F CFA au +226 70 00 00 00 : payé · " in await direct(scene, AMINATA)
    await asked(scene, AMINATA, "list")
    await scene.whispered(AMINATA, "Vos derniers paiements")
    assert "Vous n’avez rien à traiter." in (await home(scene, AMINATA)).text


async def test_an_english_agent_in_a_french_team(opening: Opening) -> None:
    """The reverse; buttons and dialogs in the channel belong to the post, whoever clicks."""
    scene = await opening("fr", clarisse="fr-CA")
    form = await scene.form(ASKED)
    assert ("Ask for a payout", "5 000") == (form.title, form.values["amount"])
    await scene.slack.close(form)
    card = await scene.ask(ASKED)
    asking = await scene.question(card)
    assert ["Approuver", "Rejeter", "Annuler la demande"] == [button.text for button in asking.buttons]
    dialog = asking.buttons[0].dialog
    assert dialog is not None
    assert "Payer 5 000 F CFA ?" == dialog.title
    await scene.approve(card)
    await scene.card_says(card, "🟢 *Payé*")
    shown, thread, lines = await posted(scene, card)
    assert "*5 000 F CFA* au *+226 70 00 00 00*" in shown
    assert "est *payé*" in thread
    assert "approuvé par" in lines
    assert "5 000 XOF to +226 70 00 00 00: completed · " in await direct(scene, AMINATA)
    await asked(scene, AMINATA, "policy")
    await scene.whispered(AMINATA, "You may ask for payouts here.")
    assert "À traiter par vous" in (await home(scene, CLARISSE)).text


async def test_what_is_whispered_by_the_worker(opening: Opening) -> None:
    """A refusal reaches a French guest in French, and the audit channel in English."""
    scene = await opening("en", guest="fr-FR")
    await asked(scene, GUEST, ASKED)
    await scene.whispered(GUEST, "Les invités de cet espace de travail ne peuvent ni demander")
    await scene.slack.wait_for_message(AUDIT, f"🚷 <@{GUEST}> may not ask for a payout: Guests of this workspace")


async def test_the_forms_behind_buttons(opening: Opening) -> None:
    """Each opens in the language of who clicked, with its own errors in the same, whoever else looks at the card."""
    scene = await opening("en", clarisse="fr-FR", aminata="fr-FR")
    card = await scene.ask(ASKED)
    await press(scene, CLARISSE, await scene.question(card), "reject", decide=False)
    form = await scene.slack.wait_for_modal(CLARISSE, "Rejeter")
    wrong = (await scene.slack.submit(form, {"reason": INVISIBLE})).errors
    assert {"reason": "Merci de dire pourquoi, par exemple « La commande a déjà été remboursée »."} == wrong
    await scene.slack.submit(form, {"reason": "déjà remboursé"})
    await scene.card_says(card, "❌ *Rejected*")
    assert "rejeté" in await direct(scene, AMINATA)
    await press(scene, AMINATA, seen(scene, card), "correct", decide=False)
    assert "Demander un paiement" == (await scene.slack.wait_for_modal(AMINATA)).title


async def test_a_form_speaks_the_language_it_was_drawn_in(opening: Opening) -> None:
    """Its errors too, though the person's Slack, or what is known of it, changed meanwhile; and when drawn anew."""
    scene = await opening("en", aminata="fr-FR")
    await scene.ask(ASKED)
    form = await scene.form(ASKED)
    scene.slack.workspace.people.speak(AMINATA, "en-US")
    await scene.later(2 * HOUR)
    await asked(scene, AMINATA, "policy")
    await scene.whispered(AMINATA, "You may ask")
    assert "n’est pas un montant" in (await scene.slack.submit(form, {"amount": "none"})).errors["amount"]
    await scene.slack.submit(form, {"amount": "5000"})
    again = await scene.slack.wait_for(
        lambda slack: next((one for one in slack.modals(AMINATA) if "known" in one.labels), None), what="the question"
    )
    assert ("Déjà demandé ?", "C’est peut-être un doublon") == (again.title, again.labels["known"])


async def test_a_form_that_does_not_say_its_language(opening: Opening) -> None:
    """One that was drawn before forms carried it is answered in the team's, and loses nothing."""
    scene = await opening("fr")
    form = await scene.form(ASKED)
    carried = json.loads(form.private_metadata)
    assert "en" == carried.pop("language")
    form.spec["private_metadata"] = json.dumps(carried)
    assert "n’est pas un montant" in (await scene.slack.submit(form, {"amount": "none"})).errors["amount"]
    assert (await scene.slack.submit(form, {"amount": "5000"})).closed


# The command


async def test_aide_is_answered_in_french_at_once(opening: Opening) -> None:
    """Slack is asked nothing before it has its answer; `help` speaks the team's language, then what was learnt."""
    scene = await opening("en", aminata="fr-FR")
    before = len(scene.slack.calls)
    assert "*Payer quelqu’un par LigdiCash*" in (await asked(scene, AMINATA, "aide")).text
    assert "*Pay somebody through LigdiCash*" in (await asked(scene, AMINATA, "help")).text
    assert [] == scene.slack.calls[before:]
    await asked(scene, AMINATA, "policy")
    await scene.whispered(AMINATA, "Vous pouvez demander")
    assert "*Payer quelqu’un par LigdiCash*" in (await asked(scene, AMINATA, "help")).text
    assert "*Pay somebody through LigdiCash*" in (await asked(scene, BOUKARY, "help")).text


async def test_french_words_are_answered_in_french(opening: Opening) -> None:
    """Whatever the language of that person's Slack: who types French reads it."""
    scene = await opening("en")
    await asked(scene, AMINATA, "liste")
    await scene.whispered(AMINATA, "Vous n’avez pas encore demandé")
    await asked(scene, AMINATA, "règles")
    await scene.whispered(AMINATA, "Vous pouvez demander")
    await asked(scene, AMINATA, "policy")
    await scene.whispered(AMINATA, "You may ask for payouts here.")


FRENCH: Mapping[str, str] = {
    "liste": "Vos derniers paiements",
    "statut": "Merci de dire lequel",
    "règles": "Vous pouvez demander",
    "RE\u0300GLES": "Vous pouvez demander",
    "regles": "Vous pouvez demander",
}


@pytest.mark.parametrize(("typed", "answer"), FRENCH.items())
async def test_french_words_are_heard(opening: Opening, typed: str, answer: str) -> None:
    """With or without accents, however those are composed; and what follows them is read as after the English ones."""
    scene = await opening("fr", aminata="fr-FR")
    card = await scene.ask(ASKED)
    await asked(scene, AMINATA, typed)
    await scene.whispered(AMINATA, answer)
    await asked(scene, AMINATA, f"statut {card.text.partition(' ')[0]}")
    await scene.whispered(AMINATA, "en attente de décision")


async def test_the_brake_is_pulled_in_french(opening: Opening) -> None:
    """Acknowledged in the language of the word; told in that of the person, and to the channel in its own."""
    scene = await opening("en", clarisse="fr-FR")
    await asked(scene, CLARISSE, "suspendre")
    await scene.whispered(CLARISSE, "Merci de dire pourquoi")
    assert "Bien reçu." in (await asked(scene, CLARISSE, "suspendre solde faux")).text
    await scene.whispered(CLARISSE, "a suspendu tous les envois : solde faux")
    await scene.slack.wait_for_message(AUDIT, f"⛔ Sending paused by <@{CLARISSE}>: solde faux")
    await asked(scene, CLARISSE, "reprendre")
    await asked(scene, DAOUDA, "resume")
    await scene.whispered(DAOUDA, "Sending was resumed")


# Learning it


async def test_a_language_is_asked_for_once_an_hour_and_not_at_all_by_itself(opening: Opening) -> None:
    """It comes along with who somebody is; what is told an hour later asks once more."""
    scene = await opening("en", aminata="fr-FR")
    card = await scene.ask(ASKED)
    await told(scene)
    before = _looked_up(scene, AMINATA)
    await scene.later(30 * MINUTE)
    await press(scene, CLARISSE, await scene.question(card), "approve", confirm=True)
    await scene.card_says(card, "Completed")
    assert "payé" in await direct(scene, AMINATA)
    assert before == _looked_up(scene, AMINATA)
    await scene.later(2 * HOUR)
    scene.slack.workspace.people.speak(AMINATA, "en-GB")
    await asked(scene, AMINATA, "list")
    await scene.whispered(AMINATA, "Your latest payouts")
    assert before + 1 == _looked_up(scene, AMINATA)


async def test_while_slack_does_not_say_it_the_teams_is_spoken(opening: Opening) -> None:
    """And nobody waits for a look-up each time."""
    scene = await opening("fr", aminata="en-US")
    scene.slack.api.weather = lambda method, _args: outage() if method == "users.info" else None
    await asked(scene, AMINATA, "list")
    await scene.whispered(AMINATA, "Vous n’avez pas encore demandé de paiement.")
    failed = _looked_up(scene, AMINATA)
    await asked(scene, AMINATA, "statut")
    await scene.whispered(AMINATA, "Merci de dire lequel")
    assert failed == _looked_up(scene, AMINATA)
    scene.slack.api.weather = lambda _method, _args: None
    await scene.later(2 * MINUTE)
    await asked(scene, AMINATA, "list")
    await scene.whispered(AMINATA, "You have asked for no payouts yet.")


def _looked_up(scene: Stage, user: str) -> int:
    calls = [call for call in scene.slack.calls if call.method == "users.info" and call.args.get("user") == user]
    assert all(call.args.get("include_locale") for call in calls)
    return len(calls)
