"""A customer's message: what is certain is read, what may be two things is left open, nothing is made up."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message_reader import is_blank, read_message, read_typed, without_numbers
from bot.parsing import (
    Amount,
    AmountProblem,
    Draft,
    Number,
    NumberProblem,
    UnreadableAmount,
    UnreadableNumber,
    format_number,
    normal_text,
    read_command,
)
from tests.test_parsing_properties import CHOICES, TEXTS, grouped, numbers

BURKINA = ("226",)
Read = int | str | None
SEVERAL, NONE = "several", None


def said(text: str, countries: tuple[str, ...] = BURKINA) -> tuple[Read, Read, str]:
    """Number, amount and order, as a test writes them."""
    found = read_message(text, countries)
    return (*said_of(found.draft), found.order)


def said_of(draft: Draft) -> tuple[Read, Read]:
    """Number and amount."""
    return _number(draft), _amount(draft)


def _number(draft: Draft) -> Read:
    number = draft.number
    if isinstance(number, Number):
        return number.digits
    return SEVERAL if number.problem is NumberProblem.AMBIGUOUS else NONE


def _amount(draft: Draft) -> Read:
    amount = draft.amount
    if isinstance(amount, Amount):
        return amount.xof
    return SEVERAL if amount.problem is AmountProblem.AMBIGUOUS else NONE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bonjour, remboursez 5 000 F à 70 00 00 00, commande n° 1234", ("22670000000", 5000, "1234")),
        (
            "Order #CMD-2024-17 was cancelled. My number: +226 70 00 00 00. 5000 FCFA",
            ("22670000000", 5000, "CMD-2024-17"),
        ),
        ("22670000000 5000 F", ("22670000000", 5000, "")),
        ("Commande 1234 - 5 000 XOF - 70 00 00 00", ("22670000000", 5000, "1234")),
        ("*12 500 F CFA* au _70 00 00 00_ (réf. AB-12)", ("22670000000", 12500, "AB-12")),
        ("<tel:+22670000000|70 00 00 00> attend 5000XOF", ("22670000000", 5000, "")),
        ("(+226) 70 00 00 00 (5\u202f000 F)", ("22670000000", 5000, "")),
        ("n° 70 00 00 00", ("22670000000", NONE, "")),
        ("appelez le 70000000, oui le 70 00 00 00", ("22670000000", NONE, "")),
        ("&lt;order 1234&gt; 5 000 F &amp; merci", (NONE, 5000, "1234")),
        ("commande\n70 00 00 00", ("22670000000", NONE, "")),
        ("ref: 998877", (NONE, NONE, "998877")),
        ("order ID 998877", (NONE, NONE, "998877")),
        ("dossier 1234 - 5000 F - au 70 00 00 00, commande 77", ("22670000000", 5000, "77")),
        ("je n'ai rien reçu", (NONE, NONE, "")),
        ("", (NONE, NONE, "")),
    ],
)
def test_what_a_message_surely_says(text: str, expected: tuple[Read, Read, str]) -> None:
    """One number, one amount that carries its currency, one order reference, written as people write them."""
    assert expected == said(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # More than one.
        ("70 00 00 00 ou 71 00 00 00", (SEVERAL, NONE, "")),
        ("70000000, pas le 71000000", (SEVERAL, NONE, "")),
        ("70 00 00 00/01", (SEVERAL, NONE, "")),
        ("70 00 00 00 ou 01", (SEVERAL, NONE, "")),
        ("4 000 F ou 5 000 F", (NONE, SEVERAL, "")),
        ("5 000 F et 5 000 F", (NONE, SEVERAL, "")),
        ("4 000 à 5 000 F", (NONE, SEVERAL, "")),
        ("2 x 5 000 F", (NONE, SEVERAL, "")),
        ("5 000 F plus 2 000", (NONE, SEVERAL, "")),
        ("commande 1234, commande 1235", (NONE, NONE, "")),
        ("commandes 1234 et 1235", (NONE, NONE, "")),
        # Something that may be two things.
        ("commande 70000001, 5 000 F", (SEVERAL, 5000, "")),
        ("n° 70000000", (SEVERAL, NONE, "")),
        ("commande 7000 5000 F", (SEVERAL, SEVERAL, "")),
        ("commande 12 500 F", (NONE, SEVERAL, "")),
        ("#12 500 F", (NONE, SEVERAL, "")),
        ("commande 5000F", (NONE, SEVERAL, "")),
        ("70 00 5 000 F", (SEVERAL, SEVERAL, "")),
        ("ORD-70000000", (SEVERAL, NONE, "")),
        # Part of something else.
        ("~15 500 F", (NONE, SEVERAL, "")),
        ("à15 500 F", (NONE, SEVERAL, "")),
        ("12, 500 F", (NONE, SEVERAL, "")),
        ("10:30 500 F", (NONE, SEVERAL, "")),
        ("-5000 F", (NONE, SEVERAL, "")),
        # A word or a sign beside it makes it another amount.
        ("5 mille 500 F", (NONE, SEVERAL, "")),
        ("cinq mille 500 F", (NONE, SEVERAL, "")),
        ("5 mille et 500 F", (NONE, SEVERAL, "")),
        ("5 k 500 F", (NONE, SEVERAL, "")),
        ("2 millions 500 000 F", (NONE, SEVERAL, "")),
        ("trois fois 5000F", (NONE, SEVERAL, "")),
        ("5000 F x trois", (NONE, SEVERAL, "")),
        ("Mille, 500 F", (NONE, SEVERAL, "")),
        ("moins 5000 F", (NONE, SEVERAL, "")),
        ("5000 → 6000 F", (NONE, SEVERAL, "")),
        ("5000 … 6000 F", (NONE, SEVERAL, "")),
        ("5000 -- (6000 F)", (NONE, SEVERAL, "")),
        ("5000 bis 6000 F", (NONE, SEVERAL, "")),
        ("5000 jusqu'à 6000 F", (NONE, SEVERAL, "")),
        # The number of a paper, not of a telephone.
        ("Ticket 70123456, remboursez 5000 F", (SEVERAL, 5000, "")),
        ("ticket n° 70 12 34 56", (SEVERAL, NONE, "")),
        ("ID: 70123456", (SEVERAL, NONE, "")),
        ("n° de facture 70123456, 5000 F", (SEVERAL, 5000, "")),
        ("Transaction ID 70123456 / reçu 71123456", (SEVERAL, NONE, "")),
        ("dossier 70123456 : 5000 F au 70 00 00 00", (SEVERAL, 5000, "")),
        ("ticket AB-12", (NONE, NONE, "")),
        ("ticket 12 500 F", (NONE, SEVERAL, "")),
        # Francs of another country.
        ("5000 F guinéens", (NONE, SEVERAL, "")),
        ("5000 F GNF", (NONE, SEVERAL, "")),
        ("GNF 5000 F", (NONE, SEVERAL, "")),
        ("5000GNF soit 350 F", (NONE, SEVERAL, "")),
        ("5000 GNF", (NONE, NONE, "")),
        ("5000 F CFA (XAF)", (NONE, SEVERAL, "")),
        # No plain amount, or no currency.
        ("5k F", (NONE, SEVERAL, "")),
        ("5.000 F", (NONE, SEVERAL, "")),
        ("5000 francs", (NONE, SEVERAL, "")),
        ("XOF 5 000", (NONE, SEVERAL, "")),
        ("5000", (NONE, NONE, "")),
        ("5000 €", (NONE, NONE, "")),
        # A link, a mention, another country.
        ("<tel:+22671000000|70 00 00 00>", (SEVERAL, NONE, "")),
        ("<https://shop.example/70000000|70000000> <@U70000000>", (NONE, NONE, "")),
        ("+33 6 12 34 56 78", (NONE, NONE, "")),
        # Seen in another order than it is stored.
        ("\u202e00 00 00 70", (NONE, NONE, "")),
    ],
)
def test_what_is_not_certain_is_left_open(text: str, expected: tuple[Read, Read, str]) -> None:
    """Several of a kind, or what can be read in two ways, is said to be so; nothing is chosen for anybody."""
    assert expected == said(text)


def test_a_bare_number_of_two_served_countries_is_left_open() -> None:
    """A customer of either could have written it; with the country's code it is certain."""
    served = ("226", "227")
    assert (SEVERAL, NONE, "") == said("90 00 00 00", ("228", "227"))
    assert ("22670000000", NONE, "") == said("+226 70 00 00 00", served)


def test_no_word_of_the_message_is_kept() -> None:
    """What a customer tells is not copied into a reason that everybody reads."""
    found = read_message("Ma femme est malade, 5 000 F au 70 00 00 00 svp", BURKINA)
    assert "" == found.draft.reason
    doubtful = read_message("secret 5k F, 70000000 ou 71000000", BURKINA).draft
    assert (UnreadableNumber(NumberProblem.AMBIGUOUS, ""), UnreadableAmount(AmountProblem.AMBIGUOUS, "")) == (
        doubtful.number,
        doubtful.amount,
    )


@pytest.mark.parametrize(
    "text", ["70 00 00 00 " + "x" * 4_000, "70 00 00 00 " + "1 " * 100, "70 00 00 00 est mon numéro, " + "1/1/" * 900]
)
def test_a_document_is_not_searched(text: str) -> None:
    """Nobody could say which of so many figures is meant."""
    assert (NONE, NONE, "") == said(text)


def test_the_marks_of_bold_and_code_are_read_once() -> None:
    """Marks without an end hold nobody up. Process time, and a hundred times what it needs: no other load counts."""
    began = time.process_time()
    assert (NONE, NONE, "") == said("x" + "*" * 3_990 + "a")
    assert time.process_time() - began < 0.25


# Properties

PIECES = st.sampled_from(
    [
        *(
            "commande ",
            "order #",
            "n° ",
            "réf. ",
            "ticket ",
            " mille ",
            " → ",
            " à ",
            " et ",
            " x ",
            ", ",
            ". ",
            "\n",
            "(",
            ")",
            "*",
            "~",
            "-",
            "/",
            " ",
        ),
        *("F", " F ", " FCFA ", " XOF", "<tel:", "|", ">", "<@U1>", "&lt;", "5 000", "500", "12", "1234", "AB-12"),
        *("70 00 00 00", "70000001", "+226 71 00 00 00", "0022672000000"),
    ]
)
MESSAGES = TEXTS | st.lists(PIECES | TEXTS, max_size=12).map("".join)


def makes_nothing_up(text: str, countries: tuple[str, ...]) -> None:
    """Number, amount and order stand in the text, digit by digit."""
    found = read_message(text, countries)
    digits = re.sub("[^0-9]", "", text)
    if isinstance(found.draft.number, Number):
        number = found.draft.number.digits
        national = [number.removeprefix(code) for code in countries if number.startswith(code)]
        assert any(shown in digits for shown in [number, *national])
    if isinstance(found.draft.amount, Amount):
        assert str(found.draft.amount.xof) in digits
    shown = normal_text(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert found.order in shown


@given(MESSAGES, CHOICES)
def test_a_message_makes_nothing_up(text: str, countries: tuple[str, ...]) -> None:
    """Never another number, amount or order than is in the message."""
    makes_nothing_up(text, countries)


@pytest.mark.prove
@settings(max_examples=10_000)
@given(MESSAGES, CHOICES)
def test_ten_thousand_messages_make_nothing_up(text: str, countries: tuple[str, ...]) -> None:
    """The same at length; nothing raises either."""
    makes_nothing_up(text, countries)


WRITTEN = st.sampled_from(["plain", "shown", "national", "link"])
AROUND = st.sampled_from(["", "Bonjour, ", "remboursez svp ", "Mon numéro : ", "*", "au n° "])
BETWEEN = st.sampled_from([" ", ", ", " : ", " - ", "\n", " à ", " pour ", " ("])


def written(digits: str, how: str) -> str:
    """A number as people and telephones write it."""
    return {
        "plain": f"+{digits}",
        "shown": format_number(digits),
        "national": format_number(digits).split(" ", 1)[1],
        "link": f"<tel:+{digits}|{format_number(digits)}>",
    }[how]


@st.composite
def sums(draw: st.DrawFn) -> tuple[int, str]:
    """An amount, and how it is written with its currency."""
    xof = draw(st.integers(min_value=1, max_value=10**9))
    group = draw(st.sampled_from(["", " ", "\u202f"]))
    return xof, grouped(xof, group) + draw(st.sampled_from(["F", " F", " FCFA", " F CFA", " XOF", "xof"]))


@given(numbers(), WRITTEN, sums(), AROUND, BETWEEN)
def test_a_message_of_known_parts_is_read_or_left_open(
    digits: str, how: str, money: tuple[int, str], around: str, between: str
) -> None:
    """What is filled in is what was meant, whatever stands around it; never the other one's figures."""
    number, (xof, amount) = written(digits, how), money
    for text in (f"{around}{number}{between}{amount}", f"{around}{amount}{between}{number}"):
        found = said(text, (digits[:3],))
        assert found[0] in {digits, SEVERAL, NONE}
        assert found[1] in {xof, SEVERAL}
        assert "" == found[2]


@given(numbers(), numbers(), WRITTEN, WRITTEN, BETWEEN)
def test_two_numbers_are_never_one(one: str, other: str, how: str, way: str, between: str) -> None:
    """Whoever asks chooses: no number is filled in when the message holds another one."""
    served = tuple({one[:3], other[:3]})
    found = said(f"{written(one, how)}{between}{written(other, way)}", served)
    if one != other:
        assert found[0] in {SEVERAL, NONE}


@given(numbers(), st.sampled_from(["order ", "commande n° ", "réf: ", "Order #", "référence : "]))
def test_an_order_is_no_number(digits: str, named: str) -> None:
    """Solid digits behind an order's word are nobody's telephone, though they could be."""
    national = format_number(digits).split(" ", 1)[1].replace(" ", "")
    assert said(f"{named}{national}", (digits[:3],))[0] in {SEVERAL, NONE}


@pytest.mark.parametrize(
    ("text", "number", "amount", "reason"),
    [
        ("refund 70000000 5000", "22670000000", 5000, "refund"),
        ("refund for Fatou: +226 70 00 00 00 5 000 F order 12", "22670000000", 5000, "refund for Fatou order 12"),
        ("refund → 70000000", "22670000000", NONE, "refund"),
        ("refund <tel:+22670000000|70000000> 5000", "22670000000", 5000, "refund"),
        ("refund 7000000 5000", NONE, 5000, "refund"),
        ("remboursement 5000 F", NONE, 5000, "remboursement 5000 F"),
        ("refund 1234 70000000", SEVERAL, NONE, "refund 1234 70000000"),
        ("refund order 1234", NONE, NONE, "refund order 1234"),
        ("refund for order 1234: 70000000 5000", "22670000000", 5000, "refund for order 1234"),
        (
            "remboursement commande CMD-1234567 +22670000000 5000 F",
            "22670000000",
            5000,
            "remboursement commande CMD-1234567",
        ),
        ("order 12345678 70000000 5000", SEVERAL, NONE, "order 12345678 70000000 5000"),
        ("refund 5kg of rice", NONE, NONE, "refund 5kg of rice"),
        ("refund order 70000000 5000 F", SEVERAL, SEVERAL, "refund order 70000000 5000 F"),
        ("facture 70000000 5000", SEVERAL, NONE, "facture 70000000 5000"),
        ("x3 70000000 5000", SEVERAL, NONE, "x3 70000000 5000"),
        ("deux fois 70000000 500 F", SEVERAL, SEVERAL, "deux fois 70000000 500 F"),
    ],
)
def test_a_command_with_its_reason_first(text: str, number: Read, amount: Read, reason: str) -> None:
    """What the number and amount behind it surely are is given; else nothing is, and the reason keeps every word."""
    found = read_typed(text, BURKINA)
    assert (number, amount, reason) == (*said_of(found), found.reason)


@given(numbers(), st.sampled_from(["order ", "commande n° ", "réf: ", "Order #", "référence : ", "ticket "]))
def test_an_order_behind_a_reason_is_no_number(digits: str, named: str) -> None:
    """In a command neither: whoever asks types the number."""
    national = format_number(digits).split(" ", 1)[1].replace(" ", "")
    found = read_typed(f"refund {named}{national} 5000 F", (digits[:3],))
    assert not isinstance(found.number, Number)


@given(TEXTS, CHOICES)
def test_what_begins_with_a_number_is_read_as_before(text: str, countries: tuple[str, ...]) -> None:
    """A reason in front is looked for only where nothing was read."""
    plain = read_command(text, countries)
    assert is_blank(plain) or plain == read_typed(text, countries)


def test_numbers_are_masked_and_nothing_else() -> None:
    """However they are written; where there are too many figures to look through, none is shown."""
    assert "to +226 ·· ·· ·· 78, order 4711" == without_numbers("to 70 12 45 78, order 4711", BURKINA)
    assert "70124578" not in without_numbers("1 " * 80 + "70124578", BURKINA)
