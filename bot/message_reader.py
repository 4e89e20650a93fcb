"""Reads what a customer's message surely says of a payout: number, amount, order. In doubt it says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher

from bot.parsing import (
    COMMAND_LIMIT,
    OTHER_FRANCS,
    REASON_LIMIT,
    Amount,
    AmountProblem,
    Countries,
    Draft,
    Number,
    NumberProblem,
    UnreadableAmount,
    UnreadableNumber,
    clean_text,
    mask_number,
    normal_text,
    read_amount,
    read_command,
    read_number,
    show_links,
)

# A longer text, or one of more figures, is a document: nobody could say which number in it is meant.
_LONGEST = 4_000
_MOST_FIGURES = 80
_LONGEST_RUN = 20
# Characters that turn the order around in which figures are seen.
_TURNED = re.compile("[\u061c\u200f\u202b\u202e\u2067]")

_MARKUP = re.compile(r"<[^<>]*>")
# Brackets and quotation marks, and the marks of bold, italic and code, part what stands beside them.
_PARTS = re.compile(r"[()<>\[\]{}\"«»“”|]|(?<!\S)[*_`]+(?=\S)|(?<=[^\s*_`])[*_`]++(?![^\s.,;:!?])")
_GLUED = re.compile(
    r"(?<!\w)((?:orders?|commandes?|cmd|r[ée]f(?:[ée]rence)?s?)[.:#°º]+|n[°º]|#)(?=\w)",
    re.IGNORECASE,
)
_ENDS = ",;:!?."
_DIGITS = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
# As many figures as a telephone number has, whatever stands between them or beside them.
_LONG_RUN = re.compile(r"\d(?:[\s./,_()+–-]{0,3}\d){7,}")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}")
_NOT_DIGITS = re.compile(r"[^0-9]")
# From the beginning of a word on only: what begins anywhere would take ages to read in a long one.
_FIRST_FIGURE = re.compile(r"(?<!\S)\S*\d")
_SHORTEST_TELEPHONE = 7
_LETTER = re.compile(r"[^\W\d_]")
# What parts a reason from the number behind it.
_BEFORE_FIGURES = " ,;:-–—→"
_FIGURE = re.compile(r"\+?[0-9][0-9.,'/+-]*(?:F|F?CFA|XOF)?", re.IGNORECASE)
_CURRENCY = re.compile(r"F|F\.?CFA|CFA|XOF", re.IGNORECASE)
# Every place where money is spoken of, whether or not it can be read.
_MONEY = re.compile(
    r"\d(?: ?(?:k|m|mil|milles?|mio|millions?))? ?(?:F[. ]?CFA|CFA|XOF|francs?|frs?|F)(?![^\W_])|(?:CFA|XOF) ?\d",
    re.IGNORECASE,
)
_ORDER_WORDS = frozenset(
    {"order", "orders", "commande", "commandes", "cmd", "ref", "refs", "réf", "réfs"}
    | {"reference", "references", "référence", "références"}
)
# What they number is no telephone, though it may look like one; nor is it the order.
_PAPERS = frozenset(
    {"ticket", "tickets", "transaction", "transactions", "txn", "trx", "facture", "factures", "invoice", "invoices"}
    | {"reçu", "reçus", "recu", "recus", "receipt", "receipts", "dossier", "dossiers", "case", "id", "colis", "parcel"}
    | {"contrat", "contract", "bordereau", "tracking", "suivi", "devis", "quote", "code", "pin", "otp"}
)
# They name an order, but a telephone number, too; behind an order's word they change nothing.
_NUMBER_SIGNS = frozenset({"n°", "nº", "#"})
_BETWEEN = frozenset({"no", "nr", "num", "numéro", "numero", "number", "id", "is", "est", ":", "-"})
_ORDER = re.compile(r"[^\W_][\w-]{0,38}[^\W_]", re.ASCII)
# Between two figures: more of the first, a range, a sum, a choice.
_JOINS = frozenset(
    {"+", "-", "*", "/", "=", "x", "×", "à", "a", "ou", "or", "to", "et", "and", "fois", "plus", "times", "less"}
    | {"bis", "puis", "then", "until", "jusqu'à", "jusqu’à", "avec", "with", "dont", "sur", "sans", "without"}
)
# Signs alone, such as an arrow, between an amount and what it belongs to.
_SIGNS = re.compile(r"[\W_]+")
# Beside an amount they are part of it: `5 mille 500 F` is not 500, `trois fois 500 F` neither, nor is `moins 500 F`.
_NUMBER_WORDS = re.compile(
    r"k|m|mil|milles?|mio|millions?|milliards?|cents?|thousand|hundred|moins|minus|demie?|half|double|triple|twice"
    r"|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente"
    r"|quarante|cinquante|soixante"
    r"|one|two|three|four|five|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MessageReading:
    """What a message surely says; nothing else of its text is in it."""

    draft: Draft
    order: str = ""


class _Kind(StrEnum):
    NUMBER = auto()
    AMOUNT = auto()
    BOTH = auto()
    ORDER = auto()
    PAPER = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring words of figures, and what they are; `sure` is false where what stands beside them may change it."""

    start: int
    end: int
    kind: _Kind
    numbers: frozenset[str] = frozenset()
    amount: int = 0
    order: str = ""
    sure: bool = True


_NOTHING = Draft(UnreadableNumber(NumberProblem.MISSING, ""), UnreadableAmount(AmountProblem.MISSING, ""), "")


def read_message(text: str, countries: Countries) -> MessageReading:
    """What `text`, as Slack keeps it, surely says: one number, one amount with its currency, one order reference.

    Two of a kind, or something that may be two things, is AMBIGUOUS. The reason is left to whoever asks: a customer's
    words may hold what is nobody else's business.
    """
    if len(text) > _LONGEST or _TURNED.search(text):
        return MessageReading(_NOTHING)
    shown = _MARKUP.sub(_unless_number, show_links(text, countries))
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    lines = [normal_text(line) for line in shown.splitlines()]
    words = [_words(line) for line in lines]
    # Each digit group counts, since each may begin a telephone number: `1/1/1/…` is one word of two thousand figures.
    if len(_DIGITS.findall(shown)) > _MOST_FIGURES:
        return MessageReading(_NOTHING)
    runs = [run for line in words for run in _runs(line, countries)]
    plain = "\n".join(lines)
    draft = Draft(_number(runs, plain, countries), _amount(runs, plain), "")
    return MessageReading(draft, _order(runs))


def read_typed(text: str, countries: Countries) -> Draft:
    """The text of `/payout …`: number, amount, reason; or the reason first, and what is sure beside it."""
    text = text[:COMMAND_LIMIT]
    draft = read_command(text, countries)
    start = _start_of_figures(text) if is_blank(draft) else None
    if start is None:
        return draft
    before, behind = text[:start], read_command(text[start:], countries)
    if _is_plain(before) and _is_led_by_number(text[start:], behind.number, countries):
        reason = f"{before.rstrip(_BEFORE_FIGURES)} {behind.reason}"
        return replace(behind, reason=clean_text(reason, REASON_LIMIT))
    return replace(read_message(text, countries).draft, reason=draft.reason)


def _start_of_figures(text: str) -> int | None:
    """Where the first figures begin, behind an order's reference that can be no telephone number."""
    for found in _FIRST_FIGURE.finditer(text):
        words = _words(normal_text(text[: found.start()]))
        word = text[found.start() :].split(maxsplit=1)[0].rstrip(_ENDS)
        may_be_telephone = len(word) >= _SHORTEST_TELEPHONE and not _LETTER.search(word)
        if not _named_as(words, len(words)) or may_be_telephone:
            return found.start()
    return None


def _is_plain(before: str) -> bool:
    """Whether these words leave the figures behind them what they are: neither an order's number nor a multiple."""
    words = _words(normal_text(before))
    return not _named_as(words, len(words)) and not any(map(_is_number_word, words))


def _is_led_by_number(figures: str, number: Number | UnreadableNumber, countries: Countries) -> bool:
    """Whether they begin with that number, or with what looks like one."""
    if isinstance(number, UnreadableNumber):
        return number.problem not in {NumberProblem.MISSING, NumberProblem.NOT_A_NUMBER}
    digits = _NOT_DIGITS.sub("", show_links(figures, countries)).removeprefix("00")
    return digits.startswith((number.digits, number.digits.removeprefix(countries[0])))


def is_blank(draft: Draft) -> bool:
    """Whether neither a number nor an amount was typed."""
    return replace(draft, reason="") == _NOTHING


def without_numbers(text: str, countries: Countries) -> str:
    """`text` with all masked that may be a telephone number; of too many figures to look through, every one."""
    if len(_DIGITS.findall(text)) > _MOST_FIGURES:
        return _DIGITS.sub("·", text)
    for code in countries:
        region = phonenumbers.region_code_for_country_code(int(code))
        for match in reversed(list(PhoneNumberMatcher(text, region))):
            if str(match.number.country_code) in countries:
                digits = phonenumbers.format_number(match.number, PhoneNumberFormat.E164).removeprefix("+")
                text = text[: match.start] + mask_number(digits) + text[match.end :]
    return _LONG_RUN.sub(_masked_run, text)


def _masked_run(run: re.Match[str]) -> str:
    """Every figure of it; a date alone stays to be read."""
    return run[0] if _DATE.fullmatch(run[0]) else _DIGIT.sub("·", run[0])


def order_without_number(order: str, countries: Countries) -> str:
    """An order's reference, masked where all of it is somebody's number."""
    reading = read_number(order, countries)
    return mask_number(reading.digits) if isinstance(reading, Number) else order


def _unless_number(markup: re.Match[str]) -> str:
    """A link, a mention or a date is nothing to read; of a number that shows another one somebody should know."""
    return _TWO_NUMBERS if markup[0].startswith("<tel:") else "\n"


# Stands for a link that leads to another number than it shows; nobody types it.
_TWO_NUMBERS = "\ue000"


def _words(line: str) -> list[str]:
    return _GLUED.sub(r"\1 ", _PARTS.sub(" | ", line)).split()


def _has_digit(word: str) -> bool:
    return _DIGITS.search(word) is not None


# What each run of figures is


def _runs(words: Sequence[str], countries: Countries) -> list[_Run]:
    found: list[_Run] = []
    start = 0
    while start < len(words):
        end = _end_of_run(words, start)
        if end > start:
            found.append(_run(words, start, end, countries))
        elif (order := _order_named(words, start)) != "":
            found.append(_Run(start, start + 1, _Kind.ORDER, order=order))
        start = max(end, start + 1)
    return [replace(run, sure=_stands_alone(run, words, found)) for run in found]


def _end_of_run(words: Sequence[str], start: int) -> int:
    """Where the figures that begin there end: at a currency, a punctuation mark, or another word."""
    end = start
    while end < len(words):
        word = words[end].rstrip(_ENDS)
        is_currency = _CURRENCY.fullmatch(word) is not None and end > start
        if not is_currency and _FIGURE.fullmatch(word) is None:
            break
        # `F CFA` are two words of one currency.
        goes_on = word.upper() == "F" and words[end + 1 : end + 2] and _is_cfa(words[end + 1])
        end += 1
        if word != words[end - 1] or ((is_currency or not word[-1].isdigit()) and not goes_on):
            break
    return end


def _is_cfa(word: str) -> bool:
    return word.rstrip(_ENDS).upper() == "CFA"


def _run(words: Sequence[str], start: int, end: int, countries: Countries) -> _Run:
    text = " ".join(words[start:end]).rstrip(_ENDS)
    numbers = _numbers(text, countries)
    named = _named_as(words, start)
    if named in _NUMBER_SIGNS and numbers and not text.isdecimal():
        named = ""
    if named in _PAPERS:
        return _Run(start, end, _Kind.PAPER)
    if named:
        # What is also a telephone number is left open, as one and as the other.
        return _Run(start, end, _Kind.ORDER, order=text if _is_reference(text) and not numbers else "")
    if numbers:
        return _Run(start, end, _Kind.NUMBER, numbers=numbers)
    if not _is_marked(text) or end - start > _LONGEST_RUN:
        return _Run(start, end, _Kind.OTHER)
    return _money(start, end, text, countries)


def _money(start: int, end: int, text: str, countries: Countries) -> _Run:
    """An amount with its currency; or a number and an amount side by side, as in a command."""
    amount, drafts = read_amount(text), {read_command(text, (code,)) for code in countries}
    numbers = frozenset(draft.number.digits for draft in drafts if isinstance(draft.number, Number))
    match amount, list(drafts):
        # Long groups of three may be a number and an amount behind it.
        case Amount(xof, doubtful=False), _ if not numbers:
            return _Run(start, end, _Kind.AMOUNT, amount=xof)
        case UnreadableAmount(), [Draft(Number(), Amount(xof, doubtful=False), "")]:
            return _Run(start, end, _Kind.BOTH, numbers=numbers, amount=xof)
    return _Run(start, end, _Kind.OTHER)


def _numbers(text: str, countries: Countries) -> frozenset[str]:
    """Each number that these figures can be; without a country's code they may be one of any country that is served."""
    read = (read_number(text, (code,)) for code in countries)
    return frozenset(number.digits for number in read if isinstance(number, Number))


def _is_marked(text: str) -> bool:
    return text[-1:].isalpha()


def _named_as(words: Sequence[str], start: int) -> str:
    """The word that says that an order's reference, or another paper's number, follows; empty without one."""
    sign = ""
    for word in reversed(words[max(0, start - 4) : start]):
        bare = word.casefold().rstrip(".:#°º") or word
        if bare in _ORDER_WORDS:
            return bare
        whole = word.casefold().rstrip(".:") or word
        if bare in _PAPERS:
            sign = bare
        elif whole in _NUMBER_SIGNS:
            sign = sign or whole
        if bare not in _BETWEEN and whole not in _NUMBER_SIGNS:
            break
    return sign


def _order_named(words: Sequence[str], at: int) -> str:
    """A reference of letters and digits, after a word that says so."""
    word = words[at].rstrip(_ENDS)
    return word if _is_reference(word) and _named_as(words, at) not in {"", *_PAPERS} else ""


def _is_reference(word: str) -> bool:
    return _ORDER.fullmatch(word) is not None and _has_digit(word) and _MONEY.search(word) is None


def _stands_alone(run: _Run, words: Sequence[str], runs: Sequence[_Run]) -> bool:
    """Whether neither side has figures, or an amount's words, that may belong to it or be meant instead."""
    kinds = {at: other.kind for other in runs for at in range(other.start, other.end)}

    def is_apart(at: int) -> bool:
        if not 0 <= at < len(words):
            return True
        if not _has_digit(words[at]):
            return not (run.amount and _is_number_word(words[at]))
        return kinds.get(at, _Kind.OTHER) not in {run.kind, _Kind.OTHER, _Kind.BOTH}

    def is_free(at: int, step: int) -> bool:
        while run.amount and 0 <= at < len(words) and _SIGNS.fullmatch(words[at]):
            at += step
        joins = 0 <= at < len(words) and words[at].casefold() in _JOINS
        return is_apart(at) and (not joins or is_apart(at + step))

    return is_free(run.start - 1, -1) and is_free(run.end, 1)


def _is_number_word(word: str) -> bool:
    return any(_NUMBER_WORDS.fullmatch(part) for part in re.split(r"\W+", word))


# What the message says in all


def _number(runs: Sequence[_Run], plain: str, countries: Countries) -> Number | UnreadableNumber:
    named = [run for run in runs if run.numbers]
    read, seen = frozenset().union(*(run.numbers for run in named)), _seen_numbers(plain, countries)
    if len(seen) == 1 and read == seen and all(run.sure for run in named) and _TWO_NUMBERS not in plain:
        return Number(seen.pop())
    doubtful = read or seen or _TWO_NUMBERS in plain
    return UnreadableNumber(NumberProblem.AMBIGUOUS if doubtful else NumberProblem.MISSING, "")


def _seen_numbers(plain: str, countries: Countries) -> set[str]:
    """Every number of a served country that the text can be taken to hold, whichever of them it was written in."""
    found = set()
    for code in countries:
        region = phonenumbers.region_code_for_country_code(int(code))
        for match in PhoneNumberMatcher(plain, region):
            if str(match.number.country_code) in countries:
                found.add(phonenumbers.format_number(match.number, PhoneNumberFormat.E164).removeprefix("+"))
    return found


def _amount(runs: Sequence[_Run], plain: str) -> Amount | UnreadableAmount:
    """Once only: the same sum twice may be two items of an order."""
    amounts = [run for run in runs if run.amount]
    spoken_of = len(_MONEY.findall(plain))
    if spoken_of == 1 and len(amounts) == 1 and amounts[0].sure and OTHER_FRANCS.search(plain) is None:
        return Amount(amounts[0].amount)
    return UnreadableAmount(AmountProblem.AMBIGUOUS if spoken_of else AmountProblem.MISSING, "")


def _order(runs: Sequence[_Run]) -> str:
    named = [run for run in runs if run.kind is _Kind.ORDER]
    found = {run.order.casefold() for run in named}
    return named[0].order if len(found) == 1 and all(run.sure for run in named) else ""
