"""Reads numbers, amounts and whole `/payout` commands as people write them; in doubt it does not guess."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from functools import lru_cache
from typing import TypeAlias

import phonenumbers
from phonenumbers import PhoneNumberFormat

Countries: TypeAlias = tuple[str, ...]

TYPED_LIMIT = 100
REASON_LIMIT = 500
AMOUNT_DIGITS = 12


class NumberProblem(StrEnum):
    """Why a beneficiary's number could not be read."""

    MISSING = auto()
    NOT_A_NUMBER = auto()
    COUNTRY_NOT_SERVED = auto()
    NOT_POSSIBLE = auto()
    NOT_VALID = auto()
    AMBIGUOUS = auto()


class AmountProblem(StrEnum):
    """Why an amount could not be read."""

    MISSING = auto()
    NOT_AN_AMOUNT = auto()
    HAS_DECIMALS = auto()
    ABBREVIATED = auto()
    NOT_POSITIVE = auto()
    TOO_LARGE = auto()
    OTHER_CURRENCY = auto()
    AMBIGUOUS = auto()


@dataclass(frozen=True, slots=True)
class Number:
    """A valid number of a served country: calling code and national number, digits only."""

    digits: str


@dataclass(frozen=True, slots=True)
class UnreadableNumber:
    """What was typed where a number was due, cleaned and cut to 100 characters."""

    problem: NumberProblem
    typed: str


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in XOF; `doubtful` if its groups were set apart by a sign that can also begin decimals."""

    xof: int
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class UnreadableAmount:
    """What was typed where an amount was due, cleaned and cut to 100 characters."""

    problem: AmountProblem
    typed: str


NumberReading: TypeAlias = Number | UnreadableNumber
AmountReading: TypeAlias = Amount | UnreadableAmount


@dataclass(frozen=True, slots=True)
class Draft:
    """What a command's text surely says, and what it leaves open."""

    number: NumberReading
    amount: AmountReading
    reason: str


# --- text ---------------------------------------------------------------------------------------------


def clean_text(text: str, limit: int) -> str:
    """`text` on one line, without control and format characters, at most `limit` characters long."""
    return _one_line(text)[:limit].rstrip()


def _one_line(text: str) -> str:
    if text.isprintable():
        # So it holds no blank but the plain one, and nothing to leave out.
        return " ".join(text.split())
    kept = (" " if character.isspace() else character for character in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).split())


_PAYOUT = re.compile(r"(?:P[ -]?)?(?P<rest>[0-9A-Z]{5})", re.ASCII | re.IGNORECASE)


def read_payout(text: str) -> str:
    """The id of a payout, `P-7K3F9`, typed with or without `P-`; what is none stays as it is."""
    typed = normal_text(text)
    found = _PAYOUT.fullmatch(typed)
    return typed if found is None else f"P-{found['rest'].upper()}"


_MESSAGE_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,8}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")


def is_message_ts(text: str) -> bool:
    """Whether it looks like what Slack names a message by: `1700000000.000100`."""
    return _MESSAGE_TS.fullmatch(text) is not None


def is_channel_id(text: str) -> bool:
    """Whether it looks like a channel's id: `C0123456789`."""
    return _CHANNEL.fullmatch(text) is not None


# Hyphens, dashes and the minus sign; apostrophes.
_LOOK_ALIKES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | dict.fromkeys("\u2019\u02bc", "'")
)


def normal_text(text: str) -> str:
    """`text` on one line, with one kind of dash and one kind of apostrophe."""
    return _one_line(text).translate(_LOOK_ALIKES)


# --- numbers ------------------------------------------------------------------------------------------

_LINK = re.compile(r"<tel:([^|<>]*)(?:\|([^|<>]*))?>")
# A dash after a space and before a digit is a minus sign, not a separator.
_NUMBER = re.compile(r"\(?(?P<plus>\+? ?)\(?[0-9](?:(?:[-. /]|\. | - | ?\(|\) ?|\)-)?[0-9])*\)?")
_NOT_DIGITS = re.compile(r"[^0-9]")
_NUMBER_LENGTH = 40


def read_number(text: str, countries: Countries) -> NumberReading:
    """The one number of `countries` (calling codes) that `text` can mean.

    A number without calling code is one of the first country. A link (`<tel:…|…>`) whose target is not
    the number that it shows is AMBIGUOUS.
    """
    typed = normal_text(text)
    link = _LINK.fullmatch(typed)
    if link is None:
        return _read_shown(typed, countries)
    target, shown = link[1], link[1] if link[2] is None else link[2]
    reading = _read_shown(normal_text(shown), countries)
    if isinstance(reading, Number) and reading != _read_shown(normal_text(target), countries):
        return UnreadableNumber(NumberProblem.AMBIGUOUS, typed[:TYPED_LIMIT])
    return reading


def _read_shown(typed: str, countries: Countries) -> NumberReading:
    def unreadable(problem: NumberProblem) -> UnreadableNumber:
        return UnreadableNumber(problem, typed[:TYPED_LIMIT])

    if not typed:
        return unreadable(NumberProblem.MISSING)
    match = _NUMBER.fullmatch(typed)
    if match is None or len(typed) > _NUMBER_LENGTH or typed.count("(") != typed.count(")"):
        return unreadable(NumberProblem.NOT_A_NUMBER)
    digits = _NOT_DIGITS.sub("", typed)
    readings = _readings(digits, plus="+" in match["plus"], countries=countries)
    valid = {reading for reading in readings if _calling_code(reading) in countries and _is_valid(reading)}
    if len(valid) == 1:
        return Number(valid.pop())
    return unreadable(NumberProblem.AMBIGUOUS if valid else _problem(readings, countries))


def _readings(digits: str, *, plus: bool, countries: Countries) -> list[str]:
    """Each international number that the digits can stand for, the likeliest first."""
    if plus:
        return [digits]
    if digits.startswith("00"):
        return [digits[2:], countries[0] + digits]
    if _calling_code(digits) in countries:
        return [digits, countries[0] + digits]
    return [countries[0] + digits, digits]


def _problem(readings: list[str], countries: Countries) -> NumberProblem:
    """Why none of the readings is valid and served."""
    if any(_is_valid(reading) for reading in readings):
        return NumberProblem.COUNTRY_NOT_SERVED
    code = _calling_code(readings[0])
    if code is not None and code not in countries:
        return NumberProblem.COUNTRY_NOT_SERVED
    served = [reading for reading in readings if _calling_code(reading) in countries]
    possible = any(_is_possible(reading) for reading in served)
    return NumberProblem.NOT_VALID if possible or not served else NumberProblem.NOT_POSSIBLE


def _calling_code(digits: str) -> str | None:
    # No calling code begins with another one.
    codes = (digits[:length] for length in (1, 2, 3))
    return next((c for c in codes if c and int(c) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)


# Reading one command asks about the same digits again and again.
@lru_cache(maxsize=64)
def _parse(digits: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None


def _is_possible(digits: str) -> bool:
    parsed = _parse(digits)
    return parsed is not None and phonenumbers.is_possible_number(parsed)


@lru_cache(maxsize=64)
def _is_valid(digits: str) -> bool:
    parsed = _parse(digits)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return False
    # The library drops a national prefix, as in +44 (0)20: never read another number than shown.
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) == f"+{digits}"


def format_number(digits: str) -> str:
    """`+226 70 00 00 00`, grouped as the country does."""
    parsed = _parse(digits)
    if parsed is None or not _is_valid(digits):
        return f"+{digits}"
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def mask_number(digits: str) -> str:
    """`+226 ·· ·· ·· 00`: the calling code and the last two digits."""
    start = len(_calling_code(digits) or "") + 1
    shown = format_number(digits)
    return shown[:start] + re.sub("[0-9]", "·", shown[start:-2]) + shown[-2:]


# --- amounts ------------------------------------------------------------------------------------------

_CURRENCY = re.compile(r"(?P<body>.*?) ?(?:F[. ]?CFA|francs?(?: ?CFA)?|CFA|XOF|frs?|F)", re.IGNORECASE)
# Other money that is written `F`, or `F CFA`, as well.
OTHER_FRANCS = re.compile(
    r"(?<![^\W\d_])(?:GNF|XAF|CDF|CHF|RWF|BIF|DJF|KMF|guin[ée]en(?:ne)?s?|congolais|rwandais|burundais|djiboutiens?"
    r"|comoriens?|suisses?)(?![^\W_])",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[1-9][0-9]*|[1-9][0-9]{0,2}(?: [0-9]{3})+")
_POINTED = re.compile(r"[1-9][0-9]{0,2}(?P<point>[.,'])[0-9]{3}(?:(?P=point)[0-9]{3})*")
# Tried from the top: the first that matches names the problem.
_AMOUNT_PROBLEMS = (
    (AmountProblem.NOT_POSITIVE, re.compile(r"- ?[0-9].*|0[0 ]*")),
    (AmountProblem.HAS_DECIMALS, re.compile(r"[0-9][0-9 .,']*[.,][0-9]+")),
    (AmountProblem.ABBREVIATED, re.compile(r"[0-9][0-9 .,]*(?:k|m|mio|milles?|millions?)", re.IGNORECASE)),
    (
        AmountProblem.OTHER_CURRENCY,
        re.compile(
            r"[0-9][0-9 .,']*(?:[$€£₦₵]|usd|dollars?|eur|euros?|gbp|ngn|nairas?|ghs|cedis?|gnf|fg|cdf|fc|xaf)"
            r"|(?:[$€£₦₵]|usd|eur|gbp|ngn|ghs|gnf|cdf|xaf) ?[0-9].*"
            rf"|[0-9][0-9 .,']*(?:francs?|frs?|f)(?: ?cfa)? (?:{OTHER_FRANCS.pattern})",
            re.IGNORECASE,
        ),
    ),
)


def read_amount(text: str) -> AmountReading:
    """Whole XOF, in digits: `5000`, `5 000`, `5000 F CFA`; `5.000` and its like are read as doubtful."""
    typed = normal_text(text)
    marked = _CURRENCY.fullmatch(typed)
    body = marked["body"] if marked else typed
    doubtful = _POINTED.fullmatch(body) is not None
    if not doubtful and _PLAIN.fullmatch(body) is None:
        return UnreadableAmount(_amount_problem(typed, body), typed[:TYPED_LIMIT])
    digits = _NOT_DIGITS.sub("", body)
    if len(digits) > AMOUNT_DIGITS:
        return UnreadableAmount(AmountProblem.TOO_LARGE, typed[:TYPED_LIMIT])
    return Amount(int(digits), doubtful)


def _amount_problem(typed: str, body: str) -> AmountProblem:
    if not typed:
        return AmountProblem.MISSING
    # Without the currency, and with it: the last letter of GNF is no francs.
    matching = (p for p, pattern in _AMOUNT_PROBLEMS if pattern.fullmatch(body) or pattern.fullmatch(typed))
    return next(matching, AmountProblem.NOT_AN_AMOUNT)


# --- commands -----------------------------------------------------------------------------------------

_NUMBER_WORDS = 12
_AMOUNT_WORDS = 8
# A text of nothing but figures is read word by word, each with those behind it: that must end soon.
_LOOK_AHEAD = 2 * _AMOUNT_WORDS
COMMAND_LIMIT = 1_000
# No payout is smaller (LigdiCash's own bound, as seen): in doubt, fewer francs are part of something else.
_SMALL = 100
_GROUP = 3
# Fewer digits are an amount or part of something, not a number with a digit missing.
_SHORTEST_NUMBER = 7
# What ends an amount's word or a number's: `70000000, 5000, refund`.
_PUNCTUATION = ",;:"
# Set apart, as in French: `70000000 : 5000`.
_LOOSE = re.compile(r" ([,;:])(?= |$)")
_DIGIT = re.compile(r"[0-9]")
_DIGITS = re.compile(r"[0-9]+")
# No number goes on in a word with one of them; a link is the whole of one.
_LETTER = re.compile(r"[a-z]", re.IGNORECASE)
_FIGURE = re.compile(r"[-+(]*[0-9$€£₦₵].*|<tel:.*|\+|F|F?CFA|XOF|francs?|frs?", re.IGNORECASE)
# After an amount: more of it, a range, a sum, or a choice.
_GOES_ON = re.compile(r"(?:[-+*/=x\u00d7.,]|(?:à|a|ou|or|to|et|and|fois|plus) )\s*[0-9].*|%.*", re.IGNORECASE)
_AFRICA = "2"
# A readable amount's problem that tells surely where the amount ends.
_WHOLE = {AmountProblem.ABBREVIATED, AmountProblem.OTHER_CURRENCY, AmountProblem.TOO_LARGE}


@dataclass(frozen=True, slots=True)
class _Found:
    """An amount's reading and how many words it took."""

    reading: AmountReading
    words: int


def read_command(text: str, countries: Countries) -> Draft:
    """The text of `/payout NUMBER AMOUNT REASON…`, number and amount perhaps written with spaces.

    What can be read in two ways is AMBIGUOUS; what is certain beside it is given all the same.
    """
    words = _words(text[:COMMAND_LIMIT], countries)
    fronts = _fronts(words, countries)
    if not fronts:
        return _without_front(words, countries)
    if len(fronts) > 1:
        return _ambiguous(words)
    end, number = fronts[0]
    found = _amount_after(words[end:])
    if _runs_together(words, end, found, countries) or _may_hold_amount(words, end, found, number):
        return _ambiguous(words)
    return Draft(number, found.reading, _reason(words[end + found.words :]))


def show_links(text: str, countries: Countries) -> str:
    """`text` with each linked number as one word; a link that is not the number that it shows stays a link."""

    def shown(link: re.Match[str]) -> str:
        reading = read_number(link[0], countries)
        if isinstance(reading, Number):
            return f" +{reading.digits} "
        target, label = link[1], link[1] if link[2] is None else link[2]
        same = _NOT_DIGITS.sub("", target) == _NOT_DIGITS.sub("", label)
        return f" {label} " if same else link[0].replace(" ", "")

    return _LINK.sub(shown, text)


def _words(text: str, countries: Countries) -> list[str]:
    """The text's words, a linked number being one; a link that spans more is taken for what it shows."""
    return _LOOSE.sub(r"\1", _one_line(show_links(_one_line(text), countries))).split(" ")


def _joined(words: list[str]) -> str:
    return " ".join(words).rstrip(_PUNCTUATION)


def _reason(words: list[str]) -> str:
    return clean_text(" ".join(words), REASON_LIMIT)


def _fronts(words: list[str], countries: Countries) -> list[tuple[int, NumberReading]]:
    """Each way in which the first words are a number: how many, and which."""
    most = next((end for end in range(1, len(words)) if _LETTER.search(words[end])), len(words))
    ways = ((end, _joined(words[:end])) for end in range(1, min(most, _NUMBER_WORDS) + 1))
    read = [(end, typed, read_number(typed, countries)) for end, typed in ways]
    return [(end, reading) for end, typed, reading in read if _is_whole(typed, reading)]


def _is_whole(typed: str, reading: NumberReading) -> bool:
    """Whether a number surely ends here: a served one, or a valid one of a country that is named."""
    if isinstance(reading, Number):
        return True
    if reading.problem is not NumberProblem.COUNTRY_NOT_SERVED or not typed.startswith(("+", "00")):
        return False
    return _is_valid(_NOT_DIGITS.sub("", typed).removeprefix("00"))


def _amount_after(words: list[str]) -> _Found:
    """The amount that `words` begin with."""
    ways = [_Found(read_amount(_joined(words[:end])), end) for end in range(1, min(len(words), _AMOUNT_WORDS) + 1)]
    readable = [way for way in ways if isinstance(way.reading, Amount) or way.reading.problem in _WHOLE]
    if not readable:
        return _unreadable_amount(words)
    longest = readable[-1]
    if isinstance(longest.reading, Amount) and _is_open(words, readable, longest.reading):
        return _doubtful_amount(words)
    return longest


def _unreadable_amount(words: list[str]) -> _Found:
    figures = _figures(words)
    if not figures:
        return _Found(UnreadableAmount(AmountProblem.MISSING, ""), 0)
    end = 1 if _DIGIT.search(words[0]) else figures
    while end < len(words) and _is_currency(words[end]):
        end += 1
    return _Found(read_amount(_joined(words[:end])), end)


def _doubtful_amount(words: list[str]) -> _Found:
    end = _figures(words)
    typed = clean_text(" ".join(words[:end]), TYPED_LIMIT)
    return _Found(UnreadableAmount(AmountProblem.AMBIGUOUS, typed), end)


def _is_open(words: list[str], readable: list[_Found], longest: Amount) -> bool:
    """Whether the longest amount is not surely the one that is meant."""
    end = readable[-1].words
    rest = words[end:]
    if not rest or words[end - 1].endswith(tuple(_PUNCTUATION)):
        return False
    if _GOES_ON.fullmatch(normal_text(" ".join(rest))):
        return True
    if _is_marked(words[:end]):
        return False
    if _DIGITS.match(rest[0]):
        follower = _amount_after(rest[:_LOOK_AHEAD])
        small = longest.xof < _SMALL or rest[0].startswith("0")
        return small or _is_marked(rest[: follower.words])
    shorter = {way.reading.xof for way in readable if isinstance(way.reading, Amount)} - {longest.xof}
    return words[end - 1] != "000" and any(xof >= _SMALL for xof in shorter)


def _runs_together(words: list[str], end: int, found: _Found, countries: Countries) -> bool:
    """Whether what follows the number may be the end of a longer one, or another number."""
    follower = words[end : end + found.words]
    if not follower or _is_marked(follower):
        return False
    if found.words == 1 and isinstance(read_number(_joined(follower), countries), Number):
        return True
    if end == 1 or not _DIGITS.fullmatch(follower[0]) or words[end - 1].endswith(tuple(_PUNCTUATION)):
        return False
    if len(words[end - 1]) == 1 and len(follower[0]) == _GROUP:
        return True
    if isinstance(found.reading, Amount):
        return found.reading.xof < _SMALL
    widest = max(len(_NOT_DIGITS.sub("", word)) for word in words[:end])
    return found.reading.problem is not AmountProblem.AMBIGUOUS or len(follower[0]) <= widest


def _may_hold_amount(words: list[str], end: int, found: _Found, number: NumberReading) -> bool:
    """Whether what was read as the number may be one with digits missing, and the amount: `70124 500`.

    So it is where no other amount follows, unless the groups are those in which people write numbers.
    """
    if end == 1 or not isinstance(number, Number) or _DIGIT.search(" ".join(words[end : end + found.words])):
        return False
    groups = [_NOT_DIGITS.sub("", word) for word in words[:end]]
    national = number.digits.removeprefix(_calling_code(number.digits) or "")
    usual = [_NOT_DIGITS.sub("", group) for group in format_number(number.digits).split()]
    pairs = [national[at : at + 2] for at in range(0, len(national), 2)]
    return not any(groups[-len(way) :] == way for way in ([national], [number.digits], usual[1:], pairs))


def _is_currency(word: str) -> bool:
    marked = _CURRENCY.fullmatch(word.rstrip(_PUNCTUATION))
    return marked is not None and not marked["body"]


def _is_marked(words: list[str]) -> bool:
    """Whether a currency stands at the end."""
    return bool(words) and _CURRENCY.fullmatch(_joined(words)) is not None


def _figures(words: list[str]) -> int:
    """How many of the first words are figures or belong to them."""
    end = 0
    while end < len(words) and _FIGURE.fullmatch(normal_text(words[end])):
        end += 1
    return end


def _ambiguous(words: list[str]) -> Draft:
    end = _figures(words)
    typed = clean_text(" ".join(words[:end]), TYPED_LIMIT)
    return Draft(
        UnreadableNumber(NumberProblem.AMBIGUOUS, typed),
        UnreadableAmount(AmountProblem.AMBIGUOUS, typed),
        _reason(words[end:]),
    )


def _without_front(words: list[str], countries: Countries) -> Draft:
    """No number in front: perhaps an amount alone, or one number behind it."""
    end = _figures(words)
    if end == 0:
        missing = UnreadableNumber(NumberProblem.MISSING, "")
        return Draft(missing, UnreadableAmount(AmountProblem.MISSING, ""), _reason(words))
    figures, reason = words[:end], _reason(words[end:])
    certain = _amount_alone(figures, is_all=not reason) or _amount_in_front(figures, words[end:], countries)
    if certain is not None:
        return replace(certain, reason=reason)
    typed = clean_text(" ".join(figures), TYPED_LIMIT)
    amount = UnreadableAmount(AmountProblem.AMBIGUOUS, typed)
    if end > _NUMBER_WORDS + _AMOUNT_WORDS or (end > 1 and _may_be_abroad(figures)):
        # More than one number and one amount can have; to try each of them would keep everybody waiting.
        return _ambiguous(words)
    numbers = {way for start in range(1, end) for _, way in _fronts(figures[start:], countries)}
    if len(numbers) == 1:
        return Draft(numbers.pop(), amount, reason)
    if numbers:
        return _ambiguous(words)
    return _with_wrong_number(words, end, countries)


def _amount_alone(figures: list[str], *, is_all: bool) -> Draft | None:
    """An amount without a number: its currency says so, or there is nothing else and it is too short for a number."""
    amount = read_amount(_joined(figures))
    if not isinstance(amount, Amount):
        return None
    is_short = _SMALL <= amount.xof < 10 ** (_SHORTEST_NUMBER - 1)
    is_certain = _is_marked(figures) or (is_all and is_short)
    return Draft(UnreadableNumber(NumberProblem.MISSING, ""), amount, "") if is_certain else None


def _amount_in_front(figures: list[str], behind: list[str], countries: Countries) -> Draft | None:
    """`5000 70000000`: an amount in one word that is no part of a number, then one number, and nothing that goes on.

    `223 70000000` is a number of Mali as well as 223 XOF to somebody in Burkina Faso.
    """
    if _may_be_abroad(figures) or _GOES_ON.fullmatch(normal_text(" ".join(behind))):
        return None
    end = next((end for end in range(1, len(figures)) if not _is_currency(figures[end])), len(figures))
    front = _amount_alone(figures[:end], is_all=True)
    ways = _fronts(figures[end:], countries)
    if front is None or len(ways) != 1 or ways[0][0] != len(figures) - end:
        return None
    return replace(front, number=ways[0][1])


def _may_be_abroad(figures: list[str]) -> bool:
    """Whether they begin with another country's calling code, which nothing marks as an amount.

    Neighbours' numbers were shorter once, and are still written so: of Africa's codes, 20 to 29…, each is doubted.
    """
    front = figures[0].removeprefix("00")
    if not front.isdecimal() or _calling_code(front) != front or _is_marked(figures[:2]):
        return False
    return front.startswith(_AFRICA) or _is_possible(front + _NOT_DIGITS.sub("", "".join(figures[1:])))


def _with_wrong_number(words: list[str], end: int, countries: Countries) -> Draft:
    """The first word is most of a number, but not a valid one: what follows may still be certain."""
    if len(_NOT_DIGITS.sub("", words[0])) >= _SHORTEST_NUMBER:
        found = _amount_after(words[1:])
        number = read_number(_joined(words[:1]), countries)
        return Draft(number, found.reading, _reason(words[1 + found.words :]))
    typed = clean_text(" ".join(words[:end]), TYPED_LIMIT)
    amount = UnreadableAmount(AmountProblem.AMBIGUOUS, typed)
    if isinstance(read_amount(typed), Amount):
        return Draft(UnreadableNumber(NumberProblem.MISSING, ""), amount, _reason(words[end:]))
    return Draft(read_number(typed, countries), amount, _reason(words[end:]))
