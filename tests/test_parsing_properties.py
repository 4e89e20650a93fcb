"""Whatever is typed: nothing raises, and never another number or amount than shown."""

from __future__ import annotations

import re
from dataclasses import replace

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message_reader import read_typed
from bot.parsing import (
    Amount,
    AmountProblem,
    Draft,
    Number,
    NumberProblem,
    UnreadableAmount,
    UnreadableNumber,
    clean_text,
    format_number,
    mask_number,
    read_amount,
    read_command,
    read_number,
)

# The countries that LigdiCash serves.
COUNTRIES = ("226", "229", "225", "224", "223", "227", "243", "221", "228")
SPACES = " \u00a0\u202f\u2009"
FIGURES = st.text(alphabet="0123456789" + SPACES + "+-.,'()FkCA<>tel:|XOF", max_size=40)
WORDS = st.sampled_from(["refund", "remboursement", "order", "Fatou", "commande n°", "<!channel>", "été"])
TEXTS = st.text(max_size=60) | FIGURES | st.tuples(FIGURES, WORDS).map(" ".join)
CHOICES = st.lists(st.sampled_from(COUNTRIES), min_size=1, unique=True).map(tuple)


def _example(code: str) -> str:
    region = phonenumbers.region_code_for_country_code(int(code))
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    return f"{code}{phonenumbers.national_significant_number(number)}"


EXAMPLES = {code: _example(code) for code in COUNTRIES}


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A valid number of one of the countries."""
    code = draw(st.sampled_from(COUNTRIES))
    tail = draw(st.text(alphabet="0123456789", min_size=4, max_size=4))
    digits = EXAMPLES[code][:-4] + tail
    return digits if isinstance(read_number(f"+{digits}", COUNTRIES), Number) else EXAMPLES[code]


def grouped(xof: int, group: str) -> str:
    """`xof` in groups of three."""
    return f"{xof:,}".replace(",", group)


def spread(digits: str, between: list[str]) -> str:
    """`digits` with something between each two."""
    parts = (part for pair in zip(digits, between, strict=False) for part in pair)
    return "".join(parts).rstrip(SPACES + ".-")


AMOUNTS = st.integers(min_value=1, max_value=999_999_999_999)
CURRENCIES = st.sampled_from(
    ["", "F", " F", " francs", " francs CFA", " FCFA", "FCFA", " F CFA", " cfa", " XOF", "\u00a0xof"]
)


@given(numbers(), WORDS, AMOUNTS.filter(lambda xof: xof >= 100), CURRENCIES)
def test_a_reason_in_front_changes_nothing(digits: str, reason: str, xof: int, currency: str) -> None:
    """What is read of a number and an amount alone is read behind a reason as well, or left open."""
    alone = read_command(f"+{digits} {xof}{currency}", (digits[:3],))
    found = read_typed(f"{reason} +{digits} {xof}{currency}", (digits[:3],))
    if isinstance(found.number, Number):
        assert replace(alone, reason=found.reason) == found
        assert clean_text(reason, 100).rstrip() == found.reason


@given(TEXTS, CHOICES)
def test_nothing_raises(text: str, countries: tuple[str, ...]) -> None:
    """Any text is answered by every reader."""
    read_number(text, countries)
    read_amount(text)
    read_command(text, countries)


@given(TEXTS, CHOICES)
def test_never_another_number_than_typed(text: str, countries: tuple[str, ...]) -> None:
    """A number's digits are the digits typed, with the first country's code or without `00` at most."""
    reading = read_number(text, countries)
    if isinstance(reading, Number):
        assert reading.digits.startswith(countries)
        typed = re.sub("[^0-9]", "", re.sub(r"<tel:[^|]*\|", "", text))
        assert reading.digits in {typed, countries[0] + typed, typed.removeprefix("00")}


@given(TEXTS)
def test_never_another_amount_than_typed(text: str) -> None:
    """An amount's digits are all the digits typed, in their order."""
    reading = read_amount(text)
    if isinstance(reading, Amount):
        assert str(reading.xof) == re.sub("[^0-9]", "", text)


def makes_up_no_digits(text: str, countries: tuple[str, ...]) -> None:
    """What a command gives stands in its text, number and amount side by side."""
    for found in (read_command(text, countries), read_typed(text, countries)):
        stands_in(re.sub("[^0-9]", "", text), found, countries)


def stands_in(typed: str, found: Draft, countries: tuple[str, ...]) -> None:
    """Number and amount are among these digits, the one beside the other."""
    number = found.number.digits if isinstance(found.number, Number) else ""
    amount = str(found.amount.xof) if isinstance(found.amount, Amount) else ""
    shown = {number, number.removeprefix(countries[0])}
    assert any(digits + amount in typed or amount + digits in typed for digits in shown)


@given(TEXTS, CHOICES)
def test_a_command_makes_up_no_digits(text: str, countries: tuple[str, ...]) -> None:
    """Neither number nor amount has a digit that was not typed, in that order."""
    makes_up_no_digits(text, countries)


@pytest.mark.prove
@settings(max_examples=10_000)
@given(TEXTS, CHOICES)
def test_ten_thousand_commands_make_up_no_digits(text: str, countries: tuple[str, ...]) -> None:
    """The same at length; nothing raises either."""
    makes_up_no_digits(text, countries)


@given(numbers(), CHOICES)
def test_a_shown_number_reads_the_same(digits: str, countries: tuple[str, ...]) -> None:
    """What the bot shows can be typed back, in any country's bot that serves it."""
    served = (*countries, digits[:3])
    assert Number(digits) == read_number(format_number(digits), served)
    assert Number(digits) == read_number(f"00{digits}", served)
    assert Number(digits) == read_number(f"<tel:+{digits}|{format_number(digits)}>", served)


@given(numbers(), st.lists(st.sampled_from([*SPACES, ".", "-", "", ""]), min_size=14, max_size=14))
def test_any_grouping_reads_the_same(digits: str, between: list[str]) -> None:
    """Separators between any two digits change nothing."""
    code, served = digits[:3], (digits[:3],)
    assert Number(digits) == read_number("+" + spread(digits, between), served)
    assert Number(digits) == read_number(spread(digits.removeprefix(code), between), served)


@given(numbers())
def test_a_masked_number_keeps_two_digits(digits: str) -> None:
    """A mask shows the calling code and the last two digits, and cannot be read back."""
    masked = mask_number(digits)
    assert digits[:3] + digits[-2:] == re.sub("[^0-9]", "", masked)
    assert isinstance(read_number(masked, COUNTRIES), UnreadableNumber)


@given(AMOUNTS, st.sampled_from(["", *SPACES]), CURRENCIES)
def test_a_grouped_amount_reads_the_same(xof: int, group: str, currency: str) -> None:
    """Every certain way of writing an amount gives that amount."""
    assert Amount(xof) == read_amount(grouped(xof, group) + currency)


@given(AMOUNTS.filter(lambda xof: xof >= 1000), st.sampled_from(".,'"), CURRENCIES)
def test_a_pointed_amount_reads_the_same_with_doubt(xof: int, group: str, currency: str) -> None:
    """Points and commas are read as grouping, and said to be doubtful."""
    assert Amount(xof, doubtful=True) == read_amount(grouped(xof, group) + currency)


@given(
    numbers(),
    st.sampled_from(["plain", "shown", "national", "link"]),
    AMOUNTS,
    st.sampled_from(["", *SPACES]),
    CURRENCIES,
    st.lists(WORDS, max_size=4).map(" ".join),
)
def test_a_written_command_is_read_or_left_open(
    digits: str, form: str, xof: int, group: str, currency: str, reason: str
) -> None:
    """A command made of known parts gives these, or says that it is ambiguous; never other ones."""
    written = {
        "plain": f"+{digits}",
        "shown": format_number(digits),
        "national": format_number(digits).split(" ", 1)[1],
        "link": f"<tel:+{digits}|{format_number(digits)}>",
    }
    text = f"{written[form]} {grouped(xof, group)}{currency} {reason}"
    found = read_command(text, (digits[:3],))
    if isinstance(found.number, UnreadableNumber):
        assert NumberProblem.AMBIGUOUS == found.number.problem
    else:
        assert Number(digits) == found.number
    if isinstance(found.amount, UnreadableAmount):
        assert AmountProblem.AMBIGUOUS == found.amount.problem
    else:
        assert Amount(xof) == found.amount
        assert reason == found.reason


@given(st.text(), st.integers(min_value=0, max_value=600))
def test_clean_text_is_one_short_line(text: str, limit: int) -> None:
    """No control character, no white space but single spaces inside, within the limit, and stable."""
    cleaned = clean_text(text, limit)
    assert len(cleaned) <= limit
    assert " ".join(cleaned.split()) == cleaned
    assert cleaned.replace(" ", "").isprintable() or not cleaned.isascii()
    assert cleaned == clean_text(cleaned, limit)
