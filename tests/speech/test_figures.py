"""A figure stands on one line, however narrow the screen; what is copied or edited is read as it was shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.language import Language, speaking
from bot.message_reader import read_message
from bot.parsing import Amount, Draft, Number, read_amount, read_command, read_number
from bot.speech import words
from bot.speech.modals import Carried, Prefill, request_form
from tests.speech.drawings import LONGEST, USUAL_IN, Drawings, Values
from tests.speech.seeing import seen
from tests.stage import AMINATA, SUPPORT, SkippingClock, hurried, stage
from tests.story.office import PAID, told

pytestmark = pytest.mark.thorough

# Where a line may break: within an amount, a number or a date, and before the currency.
_FIGURE, _GOES_ON = r"(?:[0-9]|··)", r"(?=[0-9]|··|XOF|F\s?CFA)"
_TORN = re.compile(rf"{_FIGURE}[ \n]{_GOES_ON}|[0-9] (?:Nov|nov\.)|(?:Nov|nov\.) [0-9]|F CFA")
_WHOLE = re.compile(rf"{_FIGURE}[\xa0\u202f]{_GOES_ON}")
# What is to be typed has its words apart, and a payout's id is no figure.
_APART = re.compile(r"`/payout [^`]*`|\bP-[0-9A-Z]{5}\b")
_NO_BREAK = re.compile("[\xa0\u202f]")

NUMBERS = st.sampled_from(["22670000000", "2250700000000", "22890000000", "243810000000"])
COUNTRIES = ("226", "225", "228", "243")
AMOUNTS = st.integers(min_value=1, max_value=999_999_999_999)


def torn(texts: Iterable[str]) -> list[str]:
    """Those of them in which a figure can be torn."""
    return [text for text in texts if _TORN.search(_APART.sub("…", text))]


def filled_in(drawn: View) -> Iterator[str]:
    """What stands in the fields of a form when it opens."""
    for block in drawn.to_dict()["blocks"]:
        if "initial_value" in block.get("element", {}):
            yield block["element"]["initial_value"]


@pytest.mark.parametrize("usual", [True, False], ids=["usual", "longest"])
@pytest.mark.parametrize("language", Language)
def test_no_figure_can_be_torn(language: Language, usual: bool) -> None:  # noqa: FBT001 - as pytest gives it
    """In whatever the bot says, raw as it is sent; a field is one line, and holds what people type."""
    values: Values = USUAL_IN[language] if usual else LONGEST
    with speaking(language):
        drawings = {f"{each.chapter}: {each.name}": each.draw() for each in Drawings(values)}
    typed = {text for each in drawings.values() if isinstance(each, View) for text in filled_in(each)}
    texts = {name: [text for text in seen(each) if text not in typed] for name, each in drawings.items()}
    assert {} == {name: found for name, each in texts.items() if (found := torn(each))}
    assert len(_WHOLE.findall("\n".join(text for each in texts.values() for text in each))) > 1_000


@pytest.mark.parametrize("language", Language)
async def test_no_figure_is_torn_on_its_way(language: Language, tmp_path: Path) -> None:
    """From outside: cards, threads, audit lines, direct messages, answers and errors beside fields."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock(), LOCALE=language, DAILY_LIMIT="20000") as scene:
            scene.slack.workspace.people.speak(AMINATA, language)
            form = await scene.form(f"{PAID} 5.000 refund")
            shown = [text for text in seen(form.blocks) if text not in form.values.values()]
            for amount in ("5.000", "9 000 000", "30 000", "none"):
                await scene.slack.submit(form, {"amount": amount})
                shown += form.errors.values()
            await scene.slack.close(form)
            card = await scene.ask(f"{PAID} 5000 refund")
            await scene.approve(card)
            for asked in ("help", "policy", "list"):
                await scene.slack.command(AMINATA, SUPPORT, asked)
            await told(scene)
            await scene.settled()
            for message in scene.slack.all_messages():
                shown += [message.raw, *seen(list(message.blocks))]
    assert [] == torn(shown)
    assert len(_WHOLE.findall("\n".join(shown))) > 50


@given(NUMBERS, AMOUNTS, st.sampled_from(Language))
def test_what_is_copied_is_read_as_it_was_shown(digits: str, xof: int, language: Language) -> None:
    """Into a field, behind the command, or in a message that somebody chooses *Refund* on."""
    with speaking(language):
        number, amount = words.number(digits), words.amount(xof)
        assert Amount(xof) == read_amount(amount) == read_amount(words.grouped(xof))
    assert Number(digits) == read_number(number, COUNTRIES)
    for shown in (f"{number} {amount} refund", f"*{amount}* au *{number}*", f"{amount} to {number}"):
        assert read_command(_NO_BREAK.sub(" ", shown), COUNTRIES) == read_command(shown, COUNTRIES)
        assert read_message(_NO_BREAK.sub(" ", shown), COUNTRIES) == read_message(shown, COUNTRIES)


@given(NUMBERS, AMOUNTS, st.sampled_from(Language))
def test_a_field_holds_what_people_type(digits: str, xof: int, language: Language) -> None:
    """Plain blanks, whatever is spoken: whoever edits one digit finds no sign that no key writes."""
    draft = Draft(Number(digits), Amount(xof), "refund")
    with speaking(language):
        form = request_form(Prefill(draft, Carried(SUPPORT)), most=xof, countries=COUNTRIES)
        number, amount, *_ = filled_in(View(**form))
    assert (Number(digits), Amount(xof)) == (read_number(number, COUNTRIES), read_amount(amount))
    assert (number + amount).isascii()
