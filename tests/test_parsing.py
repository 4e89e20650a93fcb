"""What people type is read as they mean it; in doubt it is left open."""

from __future__ import annotations

import sys
import unicodedata

import pytest

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
    read_payout,
)

BURKINA = ("226",)
BOTH = ("226", "225")
SEVENTY = Number("22670000000")


# --- numbers


@pytest.mark.parametrize(
    "text",
    [
        "+226 70 00 00 00",
        "+22670000000",
        "0022670000000",
        "00 226 70 00 00 00",
        "22670000000",
        "226 70 00 00 00",
        "70000000",
        "70 00 00 00",
        " 70 000 000 ",
        "70-00-00-00",
        "70.00.00.00",
        "70 - 00 - 00 - 00",
        "(+226) 70 00 00 00",
        "+(226) 70000000",
        "+ 226 70 00 00 00",
        "+226\u00a070\u00a000\u00a000\u00a000",
        "70\u202f00\u202f00\u202f00",
        "70\u200900\u200900\u200900",
        "70\u201100\u201100\u201100",
        "\u202a+226 70 00 00 00\u202c",
        "\u2066\u200e70000000\u200f\u2069",
        "70\u200b000000",
        "<tel:+22670000000|+22670000000>",
        "<tel:70000000|70 00 00 00>",
        "<tel:+22670000000|70 00 00 00>",
        "<tel:+22670000000>",
    ],
)
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    """Every usual way of writing one number gives the same digits."""
    assert SEVENTY == read_number(text, BURKINA)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NumberProblem.MISSING),
        (" \u00a0\u200e ", NumberProblem.MISSING),
        ("abc", NumberProblem.NOT_A_NUMBER),
        ("+", NumberProblem.NOT_A_NUMBER),
        ("70O00000", NumberProblem.NOT_A_NUMBER),
        ("70000000x", NumberProblem.NOT_A_NUMBER),
        ("++22670000000", NumberProblem.NOT_A_NUMBER),
        ("226+70000000", NumberProblem.NOT_A_NUMBER),
        ("(+226 70000000", NumberProblem.NOT_A_NUMBER),
        ("7000000 -0", NumberProblem.NOT_A_NUMBER),
        ("٧٠٠٠٠٠٠٠", NumberProblem.NOT_A_NUMBER),
        ("７００００００００", NumberProblem.NOT_A_NUMBER),
        ("+226" + " 7" * 40, NumberProblem.NOT_A_NUMBER),
        ("70000000 70000001", NumberProblem.NOT_POSSIBLE),
        ("7000000", NumberProblem.NOT_POSSIBLE),
        ("+2267000000", NumberProblem.NOT_POSSIBLE),
        ("+226700000000", NumberProblem.NOT_POSSIBLE),
        ("+226", NumberProblem.NOT_POSSIBLE),
        ("12", NumberProblem.NOT_POSSIBLE),
        ("99999999", NumberProblem.NOT_VALID),
        ("+22699999999", NumberProblem.NOT_VALID),
        ("+999123456", NumberProblem.NOT_VALID),
        ("+33612345678", NumberProblem.COUNTRY_NOT_SERVED),
        ("0033612345678", NumberProblem.COUNTRY_NOT_SERVED),
        ("33612345678", NumberProblem.COUNTRY_NOT_SERVED),
        ("+2250700000000", NumberProblem.COUNTRY_NOT_SERVED),
        ("<tel:+22670000001|+22670000000>", NumberProblem.AMBIGUOUS),
        ("<tel:|call me>", NumberProblem.NOT_A_NUMBER),
    ],
)
def test_what_is_no_number_says_why(text: str, problem: NumberProblem) -> None:
    """An unreadable number names its problem, which the modal turns into a sentence."""
    reading = read_number(text, BURKINA)
    assert isinstance(reading, UnreadableNumber)
    assert problem == reading.problem


def test_a_bare_number_is_of_the_first_country() -> None:
    """Without calling code the first of the countries is meant, never another one."""
    assert Number("2250700000000") == read_number("07 00 00 00 00", ("225", "226"))
    assert UnreadableNumber(NumberProblem.NOT_POSSIBLE, "07 00 00 00 00") == read_number("07 00 00 00 00", BOTH)


def test_a_number_with_calling_code_needs_no_plus() -> None:
    """Digits that are valid only with the calling code they begin with are read so."""
    assert Number("2250700000000") == read_number("2250700000000", BOTH)
    assert SEVENTY == read_number("22670000000", ("225", "226"))


def test_two_valid_readings_are_ambiguous() -> None:
    """A number that is one country's when read nationally and another's with calling code is not guessed."""
    # Ontario's (226) 700-0000 lacks a digit to be Burkina's too; this one is Norway's and near Cuxhaven.
    assert Number("12267000000") == read_number("2267000000", ("1", "226"))
    assert UnreadableNumber(NumberProblem.AMBIGUOUS, "4721234567") == read_number("4721234567", ("49", "47"))


def test_a_national_prefix_in_brackets_is_not_dropped() -> None:
    """The digits read are the digits typed: `(0)` is no number, rather than silently another one."""
    reading = read_number("+44 (0)20 7946 0018", ("44",))
    assert isinstance(reading, UnreadableNumber)


def test_what_was_typed_is_kept_for_the_form() -> None:
    """An unreadable number comes back as typed, on one line and not longer than 100 characters."""
    assert UnreadableNumber(NumberProblem.NOT_A_NUMBER, "x" * 100) == read_number("x" * 5000, BURKINA)
    assert UnreadableNumber(NumberProblem.NOT_A_NUMBER, "my number") == read_number("my\nnum\u202eber\x00", BURKINA)


def test_numbers_are_shown_as_the_country_groups_them() -> None:
    """Shown with a plus and in groups; masked down to the calling code and two digits."""
    assert "+226 70 00 00 00" == format_number("22670000000")
    assert "+226 ·· ·· ·· 00" == mask_number("22670000000")
    assert "+225 07 00 00 0000" == format_number("2250700000000")
    assert "+225 ·· ·· ·· ··00" == mask_number("2250700000000")


def test_digits_that_are_no_number_are_shown_all_the_same() -> None:
    """An old or broken row must not break a card, and is masked too."""
    assert "+226123" == format_number("226123")
    assert "+226·23" == mask_number("226123")
    assert "+" == format_number("")
    assert "+··23" == mask_number("0023")


# --- amounts


@pytest.mark.parametrize(
    "text",
    [
        "5000",
        "5 000",
        "5\u00a0000",
        "5\u202f000",
        "5\u2009000",
        " 5  000 ",
        "5000 F",
        "5000F",
        "5 000F",
        "5000 FCFA",
        "5000FCFA",
        "5000 F CFA",
        "5000 F.CFA",
        "5 000\u00a0F\u00a0CFA",
        "5000 CFA",
        "5000 XOF",
        "5000 xof",
        "5000 fcfa",
        "5000 f",
        "5000 francs",
        "5 000 francs CFA",
        "5000 Francs\u00a0cfa",
        "5000 franc",
        "5000 frs",
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str) -> None:
    """Plain and space-grouped amounts with or without the currency are certain."""
    assert Amount(5000) == read_amount(text)


@pytest.mark.parametrize(
    ("text", "xof"),
    [
        ("5.000", 5000),
        ("5,000", 5000),
        ("5'000", 5000),
        ("5\u2019000", 5000),
        ("5.000 F", 5000),
        ("1,000,000 FCFA", 1_000_000),
        ("25.000", 25_000),
    ],
)
def test_points_and_commas_are_doubtful(text: str, xof: int) -> None:
    """A sign that can begin decimals is read as grouping, and marked for a second look."""
    assert Amount(xof, doubtful=True) == read_amount(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", AmountProblem.MISSING),
        ("  ", AmountProblem.MISSING),
        ("five", AmountProblem.NOT_AN_AMOUNT),
        ("F", AmountProblem.NOT_AN_AMOUNT),
        ("5 00", AmountProblem.NOT_AN_AMOUNT),
        ("50 00", AmountProblem.NOT_AN_AMOUNT),
        ("5000 000", AmountProblem.NOT_AN_AMOUNT),
        ("05000", AmountProblem.NOT_AN_AMOUNT),
        ("5e3", AmountProblem.NOT_AN_AMOUNT),
        ("0x10", AmountProblem.NOT_AN_AMOUNT),
        ("1_000", AmountProblem.NOT_AN_AMOUNT),
        ("+5000", AmountProblem.NOT_AN_AMOUNT),
        ("5000%", AmountProblem.NOT_AN_AMOUNT),
        ("5000-6000", AmountProblem.NOT_AN_AMOUNT),
        ("٥٠٠٠", AmountProblem.NOT_AN_AMOUNT),
        ("５０００", AmountProblem.NOT_AN_AMOUNT),
        ("5²", AmountProblem.NOT_AN_AMOUNT),
        ("5,00", AmountProblem.HAS_DECIMALS),
        ("5.5", AmountProblem.HAS_DECIMALS),
        ("0,5", AmountProblem.HAS_DECIMALS),
        ("1.000,00", AmountProblem.HAS_DECIMALS),
        ("1,000.000", AmountProblem.HAS_DECIMALS),
        ("5,00 F", AmountProblem.HAS_DECIMALS),
        ("5k", AmountProblem.ABBREVIATED),
        ("5 K", AmountProblem.ABBREVIATED),
        ("1,5k", AmountProblem.ABBREVIATED),
        ("5 mille", AmountProblem.ABBREVIATED),
        ("5k F", AmountProblem.ABBREVIATED),
        ("-5", AmountProblem.NOT_POSITIVE),
        ("- 5", AmountProblem.NOT_POSITIVE),
        ("\u22125000 F", AmountProblem.NOT_POSITIVE),
        ("0", AmountProblem.NOT_POSITIVE),
        ("000", AmountProblem.NOT_POSITIVE),
        ("0 F", AmountProblem.NOT_POSITIVE),
        ("1" * 13, AmountProblem.TOO_LARGE),
        ("9" * 5000, AmountProblem.TOO_LARGE),
        ("5000 USD", AmountProblem.OTHER_CURRENCY),
        ("5000€", AmountProblem.OTHER_CURRENCY),
        ("$5000", AmountProblem.OTHER_CURRENCY),
        ("5000 GNF", AmountProblem.OTHER_CURRENCY),
        ("5000 francs suisses", AmountProblem.OTHER_CURRENCY),
        ("5 000 F guinéens", AmountProblem.OTHER_CURRENCY),
        ("francs", AmountProblem.NOT_AN_AMOUNT),
    ],
)
def test_what_is_no_amount_says_why(text: str, problem: AmountProblem) -> None:
    """Decimals, abbreviations, other currencies and the rest are never rounded or guessed."""
    reading = read_amount(text)
    assert isinstance(reading, UnreadableAmount)
    assert problem == reading.problem


def test_twelve_digits_are_the_most() -> None:
    """The limit itself can still be read; MAX_AMOUNT is somebody else's business."""
    assert Amount(999_999_999_999) == read_amount("999 999 999 999")


# --- commands


def draft(reading: Number | NumberProblem, amount: int | AmountProblem, reason: str) -> tuple[object, ...]:
    """The essence of a Draft, as `essence` gives it."""
    return reading, amount, reason


def essence(found: Draft) -> tuple[object, ...]:
    """A Draft without what was typed."""
    number = found.number if isinstance(found.number, Number) else found.number.problem
    amount = found.amount.xof if isinstance(found.amount, Amount) else found.amount.problem
    return number, amount, found.reason


@pytest.mark.parametrize(
    ("text", "amount", "reason"),
    [
        ("22670000000 5000 refund for order 1234", 5000, "refund for order 1234"),
        ("70 00 00 00 5 000 refund", 5000, "refund"),
        (
            "+226 70 00 00 00 5000 F remboursement commande 1234",
            5000,
            "remboursement commande 1234",
        ),
        ("70000000 5000", 5000, ""),
        ("70 00 00 00 5 000", 5000, ""),
        ("70000000 5 000 F CFA refund", 5000, "refund"),
        ("70000000 5000F refund", 5000, "refund"),
        ("70000000 5000 Fatou", 5000, "Fatou"),
        ("70000000 25 500 refund", 25_500, "refund"),
        ("70000000 1 500 000 refund", 1_500_000, "refund"),
        ("70000000 500 250 F sacs", 500_250, "sacs"),
        ("70000000 500 250", 500_250, ""),
        ("70000000, 5000, refund", 5000, "refund"),
        ("70 00 00 00, 50, refund", 50, "refund"),
        ("70000000 50, 12 sacs", 50, "12 sacs"),
        ("70000000 5000 3 sacs de riz", 5000, "3 sacs de riz"),
        ("70 00 00 00 5000 3 sacs", 5000, "3 sacs"),
        ("70000000 5000 123", 5000, "123"),
        ("70 000 000 500 000 refund", 500_000, "refund"),
        ("70 000 000 500 refund", 500, "refund"),
        ("70 00 00 00 50 F refund", 50, "refund"),
        ("70000000 5 refund", 5, "refund"),
        ("<tel:+22670000000|+22670000000> 5000 refund", 5000, "refund"),
        ("<tel:+22670000000|70 00 00 00> 50 refund", 50, "refund"),
        ("<tel:+226700000005000|+226 70 00 00 00 5000> refund", 5000, "refund"),
        ("70\u202f00\u202f00\u202f00 5\u00a0000\u00a0F l\u2019église", 5000, "l\u2019église"),
        ("70000000 5000 refund <!channel> & <@U123>", 5000, "refund <!channel> & <@U123>"),
        ("70000000 5000 - second try", 5000, "- second try"),
        ("70000000 5000 \u202eevil\x07  twice\n\tthere ", 5000, "evil twice there"),
    ],
)
def test_a_command_is_read(text: str, amount: int, reason: str) -> None:
    """Number, amount and reason are told apart although all of them may hold spaces."""
    assert draft(SEVENTY, amount, reason) == essence(read_command(text, BURKINA))


def test_a_pointed_amount_stays_doubtful() -> None:
    """The doubt goes on to the modal."""
    assert Draft(SEVENTY, Amount(5000, doubtful=True), "refund") == read_command("70000000 5.000 refund", BURKINA)


@pytest.mark.parametrize(
    ("text", "problem", "typed", "reason"),
    [
        ("70000000", AmountProblem.MISSING, "", ""),
        ("70 00 00 00", AmountProblem.MISSING, "", ""),
        ("70000000 refund order 5", AmountProblem.MISSING, "", "refund order 5"),
        ("70000000 5k refund", AmountProblem.ABBREVIATED, "5k", "refund"),
        ("70000000 5 k refund", AmountProblem.ABBREVIATED, "5 k", "refund"),
        ("70000000 5 mille refund", AmountProblem.ABBREVIATED, "5 mille", "refund"),
        ("70 00 00 00 5,00 refund", AmountProblem.HAS_DECIMALS, "5,00", "refund"),
        ("70000000 5,00 F refund", AmountProblem.HAS_DECIMALS, "5,00 F", "refund"),
        ("70000000 -5 refund", AmountProblem.NOT_POSITIVE, "-5", "refund"),
        ("70000000 0 refund", AmountProblem.NOT_POSITIVE, "0", "refund"),
        ("70000000 5e3 refund", AmountProblem.NOT_AN_AMOUNT, "5e3", "refund"),
        ("70000000 05000 refund", AmountProblem.NOT_AN_AMOUNT, "05000", "refund"),
        ("70000000 XOF 5000 refund", AmountProblem.NOT_AN_AMOUNT, "XOF 5000", "refund"),
        ("70000000 5000 USD refund", AmountProblem.OTHER_CURRENCY, "5000 USD", "refund"),
        ("70000000 5000 francs suisses refund", AmountProblem.OTHER_CURRENCY, "5000 francs suisses", "refund"),
        ("70000000 5 000 F guinéens, refund", AmountProblem.OTHER_CURRENCY, "5 000 F guinéens", "refund"),
        ("70000000 1234567890123 refund", AmountProblem.TOO_LARGE, "1234567890123", "refund"),
        ("70000000 5 00 refund", AmountProblem.AMBIGUOUS, "5 00", "refund"),
        ("70000000 500 250 sacs", AmountProblem.AMBIGUOUS, "500 250", "sacs"),
        ("70 00 00 00 500 250 sacs", AmountProblem.AMBIGUOUS, "500 250", "sacs"),
        ("70000000 5 000 123 sacs", AmountProblem.AMBIGUOUS, "5 000 123", "sacs"),
        ("70000000 50 12 refund", AmountProblem.AMBIGUOUS, "50 12", "refund"),
        ("70000000 500 00 refund", AmountProblem.AMBIGUOUS, "500 00", "refund"),
        ("70000000 100 5000 F refund", AmountProblem.AMBIGUOUS, "100 5000 F", "refund"),
        ("70000000 5000 ou 6000 x", AmountProblem.AMBIGUOUS, "5000", "ou 6000 x"),
        ("70000000 5000 \u2013 6000 x", AmountProblem.AMBIGUOUS, "5000", "\u2013 6000 x"),
        ("70000000 5000 x3 sacs", AmountProblem.AMBIGUOUS, "5000", "x3 sacs"),
    ],
)
def test_a_certain_number_is_kept_when_the_amount_is_not(
    text: str, problem: AmountProblem, typed: str, reason: str
) -> None:
    """The amount's field says what was typed and why it could not be read; nothing is guessed."""
    assert Draft(SEVENTY, UnreadableAmount(problem, typed), reason) == read_command(text, BURKINA)


@pytest.mark.parametrize(
    "text",
    [
        "70 00 00 00 50 refund",
        "70 00 00 00 05 refund",
        "70 00 00 00 5 00 refund",
        "70 00 00 00 00 refund",
        "22 67 00 00 00 5 000",
        "22 67 00 00 00 5 500 refund",
        "70000000 50000000 refund",
        "5000 70000000 71000000 refund",
    ],
)
def test_figures_that_run_together_are_ambiguous(text: str) -> None:
    """Where a number might go on, neither number nor amount is taken; both fields say so."""
    found = read_command(text, BURKINA)
    assert isinstance(found.number, UnreadableNumber)
    assert isinstance(found.amount, UnreadableAmount)
    assert NumberProblem.AMBIGUOUS == found.number.problem
    assert AmountProblem.AMBIGUOUS == found.amount.problem
    assert found.number.typed == found.amount.typed
    assert text == f"{found.number.typed} {found.reason}".strip()


@pytest.mark.parametrize(
    "text",
    [
        "70124 500 refund",
        "7012 4500 refund",
        "7012457 0",
        "701245 78 refund",
        "70124 500 F refund",
        "+226 70124 500 refund",
    ],
)
def test_a_number_cut_short_does_not_take_the_amount(text: str) -> None:
    """Together they would be another person's number: without an amount of its own, nothing is guessed."""
    assert NumberProblem.AMBIGUOUS == essence(read_command(text, BURKINA))[0]


@pytest.mark.parametrize(
    ("text", "countries", "digits"),
    [
        ("70 12 45 00 refund", BURKINA, "22670124500"),
        ("226 70 12 45 00, refund", BURKINA, "22670124500"),
        ("+226 70124500 refund", BURKINA, "22670124500"),
        ("+ 226 70-12-45-00 refund", BURKINA, "22670124500"),
        ("77 123 45 67 refund", ("221",), "221771234567"),
    ],
)
def test_a_number_alone_is_read_in_the_groups_people_write(text: str, countries: tuple[str, ...], digits: str) -> None:
    """Pairs, or the country's own groups: only the amount is missing."""
    found = read_command(text, countries)
    assert (Number(digits), AmountProblem.MISSING) == (found.number, getattr(found.amount, "problem", None))


def test_two_numbers_in_front_are_ambiguous() -> None:
    """With numbers of free length (Germany's), each longer front is another valid number."""
    expected = draft(NumberProblem.AMBIGUOUS, AmountProblem.AMBIGUOUS, "refund")
    assert expected == essence(read_command("+49 30 123456 500 refund", ("49",)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", draft(NumberProblem.MISSING, AmountProblem.MISSING, "")),
        (" \u200e ", draft(NumberProblem.MISSING, AmountProblem.MISSING, "")),
        ("refund 70000000", draft(NumberProblem.MISSING, AmountProblem.MISSING, "refund 70000000")),
        ("5000 F refund", draft(NumberProblem.MISSING, 5000, "refund")),
        ("5 000 refund", draft(NumberProblem.MISSING, AmountProblem.AMBIGUOUS, "refund")),
        ("5000", draft(NumberProblem.MISSING, 5000, "")),
        ("5 000", draft(NumberProblem.MISSING, 5000, "")),
        ("50", draft(NumberProblem.MISSING, AmountProblem.AMBIGUOUS, "")),
        ("1234567", draft(NumberProblem.NOT_POSSIBLE, AmountProblem.MISSING, "")),
        ("5000 70000000 refund", draft(SEVENTY, 5000, "refund")),
        ("5000 F 70 00 00 00 refund", draft(SEVENTY, 5000, "refund")),
        ("5000 francs CFA 70000000 refund", draft(SEVENTY, 5000, "refund")),
        ("99 70000000 refund", draft(SEVENTY, AmountProblem.AMBIGUOUS, "refund")),
        ("500 70000000 refund", draft(SEVENTY, 500, "refund")),
        ("223 70000000 refund", draft(NumberProblem.AMBIGUOUS, AmountProblem.AMBIGUOUS, "refund")),
        ("227 70 00 00 00", draft(NumberProblem.AMBIGUOUS, AmountProblem.AMBIGUOUS, "")),
        ("225 70000000 refund", draft(NumberProblem.AMBIGUOUS, AmountProblem.AMBIGUOUS, "refund")),
        ("225 F 70000000 refund", draft(SEVENTY, 225, "refund")),
        ("5000 70000000 fois 2", draft(SEVENTY, AmountProblem.AMBIGUOUS, "fois 2")),
        ("5000 70000000 x 2", draft(SEVENTY, AmountProblem.AMBIGUOUS, "x 2")),
        ("5000 70000000 et 76000000", draft(SEVENTY, AmountProblem.AMBIGUOUS, "et 76000000")),
        ("5000 70000000 3000 refund", draft(SEVENTY, AmountProblem.AMBIGUOUS, "refund")),
        ("5 000 70000000 refund", draft(SEVENTY, AmountProblem.AMBIGUOUS, "refund")),
        ("+33612345678 5000 refund", draft(NumberProblem.COUNTRY_NOT_SERVED, 5000, "refund")),
        ("+33 6 12 34 56 78 5 000 refund", draft(NumberProblem.COUNTRY_NOT_SERVED, 5000, "refund")),
        ("7000000 5000 refund", draft(NumberProblem.NOT_POSSIBLE, 5000, "refund")),
        ("99999999 5000 refund", draft(NumberProblem.NOT_VALID, 5000, "refund")),
        ("70O00000 5000 refund", draft(NumberProblem.NOT_A_NUMBER, 5000, "refund")),
        ("70 00 00 5000 refund", draft(NumberProblem.NOT_POSSIBLE, AmountProblem.AMBIGUOUS, "refund")),
        (
            "<tel:+22670000001|+22670000000> 5000 refund",
            draft(NumberProblem.AMBIGUOUS, 5000, "refund"),
        ),
        (
            "<tel:+226 70 00 00 01|+226 70 00 00 00> 5000 refund",
            draft(NumberProblem.AMBIGUOUS, 5000, "refund"),
        ),
    ],
)
def test_without_a_number_in_front(text: str, expected: tuple[object, ...]) -> None:
    """What is certain is given, what is not says why."""
    assert expected == essence(read_command(text, BURKINA))


def test_every_sign_there_is_is_kept_is_a_space_or_goes() -> None:
    """As its category says, whatever else stands beside it."""

    def expected(sign: str) -> str:
        if sign.isspace():
            return "a b"
        return "ab" if unicodedata.category(sign) in {"Cc", "Cf", "Cs"} else f"a{sign}b"

    signs = [chr(number) for number in range(sys.maxunicode + 1)]
    assert [] == [sign for sign in signs if clean_text(f"a{sign}b", 3) != expected(sign)]


def test_text_is_cleaned_and_cut() -> None:
    """Control and format characters go, white space is one space, the limit holds."""
    assert "a b c" == clean_text("\u202ea\t\r\n b\x00\u00a0\u200b \u2028c\ud800", 500)
    assert "aaa" == clean_text("a" * 10, 3)
    assert "aa" == clean_text("aa a", 3)
    assert 500 == len(read_command("70000000 5000 " + "a" * 9000, BURKINA).reason)


@pytest.mark.parametrize(
    ("typed", "payout"),
    [
        ("P-7K3F9", "P-7K3F9"),
        ("p-7k3f9", "P-7K3F9"),
        (" 7K3F9 ", "P-7K3F9"),
        ("7k3f9", "P-7K3F9"),
        ("P7K3F9", "P-7K3F9"),
        ("p 7k3f9", "P-7K3F9"),
        ("P7K3F", "P-P7K3F"),
        ("P-7K3F", "P-7K3F"),
        ("P-7K3F9 please", "P-7K3F9 please"),
        ("", ""),
    ],
)
def test_a_payouts_id_is_read_with_and_without_its_beginning(typed: str, payout: str) -> None:
    """What is no id stays as it was typed."""
    assert payout == read_payout(typed)
