"""A language in which every sentence is marked: what is drawn without a mark comes from outside the catalogues."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterator
from gettext import GNUTranslations
from pathlib import Path
from unittest.mock import patch

import pytest
from babel.dates import get_month_names
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.language import Language, speaking
from bot.sandbox.slack import Message as SlackMessage
from bot.speech import sentences, words
from tests.catalogue import extracted, texts_of
from tests.speech.drawings import USUAL, Drawings
from tests.speech.seeing import seen
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, GUEST, QUIET, SUPPORT, SkippingClock, Stage, hurried, stage

# Letters that no other text here uses: what is left of the Latin ones is not the catalogue's.
_LETTERS = str.maketrans(
    {**{chr(65 + n): chr(0x1D5D4 + n) for n in range(26)}, **{chr(97 + n): chr(0x1D5EE + n) for n in range(26)}}
)
_PLACE = re.compile(r"(\{\w+\})")

_MONTHS = [re.escape(name) for name in get_month_names("abbreviated", locale="fr").values()]

# What may stand in a sentence that is no sentence: what people typed, ids, codes and addresses, money and dates.
_DATA = re.compile(
    rf"""<@\w+>|<!subteam\^\w+>|<\#\w+>|https?://[^|>\s]+|P-\w{{5}}|…?3c9d8f01|eyJ0\.eyJ1\.3c9d8f01|ORD-[\d-]+|
    Refund|help|Aminata|operator|ConnectError|http_500|not_in_channel|C0\w+|F\sCFA|\d+\s(?:{"|".join(_MONTHS)})|
    (?:not?)?completed|waiting|pending|\w+\.ligdicash\.example|
    \b[0-9a-f]{{32}}\b|looks\ odd|5k|…[\w-]{{8}}|\bey[\w.-]+|\b03[ab]\b|P-…|/payout|\bpayout\b""",
    re.VERBOSE,
)


def pseudo(text: str) -> str:
    """The same sentence in letters of its own, between brackets, its places untouched."""
    parts = _PLACE.split(text)
    return "⟦" + "".join(part if _PLACE.fullmatch(part) else part.translate(_LETTERS) for part in parts) + "⟧"


class Heard(GNUTranslations):
    """The pseudo-locale's catalogue, which remembers what it was asked for."""

    def __init__(self, compiled: io.BytesIO) -> None:
        super().__init__(compiled)
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        """A sentence."""
        self.asked.add(message)
        return super().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """One with a plural."""
        self.asked.add(msgid1)
        return super().ngettext(msgid1, msgid2, n)


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """Made from what the code marks, and compiled and looked up as French is."""
    made = Catalog(locale="fr")
    for message in extracted():
        if message.id:
            texts = tuple(map(pseudo, texts_of(message.id)))
            made.add(message.id, texts if len(texts) > 1 else texts[0])
    compiled = io.BytesIO()
    write_mo(compiled, made)
    compiled.seek(0)
    found = Heard(compiled)
    with patch.dict(sentences._CATALOGUES, {Language.FRENCH: found}):
        yield found


def test_nothing_drawn_comes_from_outside_the_catalogues(heard: Heard) -> None:
    """No Latin letter is left once names, ids, codes and examples are taken away."""
    assert heard is sentences.catalogue(Language.FRENCH)
    with speaking(Language.FRENCH):
        escaped = {
            f"{drawing.chapter}: {drawing.name}": text
            for drawing in Drawings(USUAL)
            for text in seen(drawing.draw())
            if re.search(r"[A-Za-z]", _DATA.sub("", text))
        }
    assert {} == escaped


async def test_nothing_that_a_team_meets_comes_from_outside_the_catalogues(heard: Heard, tmp_path: Path) -> None:
    """From outside, so that what listeners and desks say by themselves is among it."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock(), LOCALE="fr") as scene:
            for person in (AMINATA, CLARISSE, DAOUDA, GUEST):
                scene.slack.workspace.people.speak(person, "fr-FR")
            met = [text async for text in _a_day(scene)]
            await scene.settled()
            met += [text for one in scene.slack.all_messages() for text in one.words.splitlines()]
    assert heard is sentences.catalogue(Language.FRENCH)
    assert [] == [text for text in met if re.search(r"[A-Za-z]", _DATA.sub("", text))]
    assert len(met) > 150


async def _a_day(scene: Stage) -> AsyncIterator[str]:
    """What a team does, and what only shows in its forms, in Home and in answers to a command."""
    for text in ("help", "aide", "pause", "status", "status P-00000", "list", "policy", "pause looks odd", "resume"):
        yield (await scene.slack.command(CLARISSE, SUPPORT, text)).text
    await scene.slack.command(DAOUDA, SUPPORT, "resume")
    await scene.slack.command(GUEST, SUPPORT, "22670000000 5000 Refund")
    yield (await scene.slack.command(AMINATA, scene.slack.workspace.dm(AMINATA), "5000")).text
    await scene.slack.command(AMINATA, QUIET, "22670000000 5000 Refund")
    for typed in ("22670000000 5000 Refund", "7000 5.5 Refund"):
        form = await scene.form(typed)
        yield form.text
        wrong = await scene.slack.submit(form, {"beneficiary": "12", "amount": "5k", "reason": "\u200b"})
        for problem in wrong.errors.values():
            yield problem
        await scene.slack.close(form)
    for number in ("22670000000", "22670000014", "22670000002"):
        card = await scene.ask(f"{number} 5000 Refund")
        await scene.slack.open_home(CLARISSE)
        asking = await scene.question(card)
        await scene.slack.click(AMINATA, asking, "approve", confirm=True)
        await scene.approve(card)
    await scene.settled()
    for user, message, name in _buttons(scene):
        await scene.slack.click(user, message, name)
        form = await scene.slack.wait_for_modal(user)
        yield form.text
        await scene.slack.close(form)
    home = scene.slack.home(CLARISSE)
    assert home is not None
    yield home.text


def _buttons(scene: Stage) -> Iterator[tuple[str, SlackMessage, str]]:
    """The buttons that open a form."""
    for message in scene.slack.messages(SUPPORT):
        for button in message.buttons:
            if button.action_id in {"resolve", "ask_directly"}:
                yield (CLARISSE if button.action_id == "resolve" else AMINATA), message, button.action_id


def test_every_sentence_is_drawn(heard: Heard) -> None:
    """So that nothing of the above, and no limit, is held only for some of them."""
    heard.asked.clear()
    with speaking(Language.FRENCH):
        for drawing in Drawings(USUAL):
            for _ in seen(drawing.draw()):
                pass
        people = [words.mention("console:operator"), words.mentions((AMINATA, BOUKARY))]
    assert all("⟦" in each for each in people)
    assert set() == {texts_of(message.id)[0] for message in extracted() if message.id} - heard.asked
