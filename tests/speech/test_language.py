"""Which language is spoken, and how it writes money, numbers, times and lists."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from bot.language import Language, language_of, speaking, spoken
from bot.speech import words
from bot.speech.sentences import plural, sentence
from storage.payout import Way
from tests.speech.drawings import NOW

OUAGADOUGOU = ZoneInfo("Africa/Ouagadougou")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("fr-FR", "fr"),
        ("fr-CA", "fr"),
        ("fr_BF", "fr"),
        ("FR", "fr"),
        ("en-US", "en"),
        ("en-GB", "en"),
        ("de-DE", "otherwise"),
        ("frr", "otherwise"),
        ("", "otherwise"),
        (None, "otherwise"),
    ],
)
@pytest.mark.parametrize("otherwise", Language)
def test_the_language_of_a_slack(locale: str | None, expected: str, otherwise: Language) -> None:
    """By its first part; one that the bot does not speak is answered in the team's."""
    assert language_of(locale, otherwise) == (otherwise if expected == "otherwise" else expected)


async def test_a_task_speaks_what_was_spoken_when_it_began() -> None:
    """And nobody beside it speaks otherwise meanwhile."""
    told, hello = asyncio.Event(), sentence("Approve")

    async def later() -> str:
        await told.wait()
        return str(hello)

    with speaking(Language.FRENCH):
        french = asyncio.create_task(later())
        with speaking(Language.ENGLISH):
            english = asyncio.create_task(later())
        assert Language.FRENCH is spoken()
    told.set()
    assert ("Approuver", "Approve", "Approve") == (await french, await english, str(hello))


def test_money_and_numbers() -> None:
    """Grouped by three, with blanks that do not break."""
    assert ("5\xa0000\xa0XOF", "1\xa0234\xa0567") == (words.amount(5_000), words.grouped(1_234_567))
    with speaking(Language.FRENCH):
        assert ("5\u202f000\xa0F\u202fCFA", "1\u202f234\u202f567") == (words.amount(5_000), words.grouped(1_234_567))
        assert "500\xa0F\u202fCFA" == words.amount(500)


def test_the_way_has_one_name() -> None:
    """The button that asks again for mobile money says `directly`, as the form does: another way goes by the wallet."""
    with speaking(Language.FRENCH):
        assert str(words.WAYS[Way.MOBILE_DIRECTLY]) == str(words.ASK_DIRECTLY) == "Direct sur mobile money"


def test_times() -> None:
    """In the team's time zone, whatever the machine's is."""
    assert ("14:05", "14:05 on 24\xa0Nov\xa02026") == (words.clock(NOW, OUAGADOUGOU), words.at(NOW, OUAGADOUGOU))
    with speaking(Language.FRENCH):
        assert ("14:05", "24\xa0nov.\xa02026 à 14:05") == (words.clock(NOW, OUAGADOUGOU), words.at(NOW, OUAGADOUGOU))
        assert "24\xa0nov.\xa02026 à 15:05" == words.at(NOW, ZoneInfo("Europe/Paris"))


def test_lists() -> None:
    """None, one, several; and two as a pair."""
    for language, pair, last in (
        (Language.ENGLISH, "<@U1> and <@U2>", ","),
        (Language.FRENCH, "<@U1> et <@U2>", " et"),
    ):
        with speaking(language):
            assert ["", "<@U1>", f"<@U1>, <!subteam^S2>{last} <@U3>"] == [
                words.mentions(people) for people in ((), ("U1",), ("U1", "S2", "U3"))
            ]
            assert (pair, "<@U1>") == (words.both("U1,U2"), words.both("U1"))


def test_plurals() -> None:
    """Nought is many in English and one in French; a sentence without its number says the plural of none."""
    hours = plural(
        "• An undecided request expires after {hours} hour.",
        "• An undecided request expires after {hours} hours.",
        by="hours",
    )
    assert ["hours.", "hour.", "hours."] == [hours.format(hours=n).split()[-1] for n in (0, 1, 2)]
    with speaking(Language.FRENCH):
        assert ["heure.", "heure.", "heures."] == [hours.format(hours=n).split()[-1] for n in (0, 1, 2)]
        assert "heures." == hours.format(hours="24").split()[-1]


def test_who_speaks_english_never_waits_for_babel() -> None:
    """It takes longer to import than anything else of the bot's own; French imports it when it is first spoken."""
    code = (
        "import sys; import bot.app; from bot.speech import words; words.amount(5000); str(words.APPROVE);"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'babel']"
    )
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ("", 0) == (done.stderr, done.returncode)
