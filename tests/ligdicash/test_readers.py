"""Status answers and callbacks in all the shapes seen of them, and in shapes that nobody has seen."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.ligdicash.readers import (
    LONGEST_TOKEN,
    Accepted,
    CallbackNews,
    NoStatus,
    Refused,
    Status,
    Uncertain,
    Word,
    read_callback,
    read_create,
    read_status,
    read_token,
)
from storage.payout import Endpoint

TOKEN = "eyJ0eXAi.test.token-of-a-callback"


def _status(**fields: object) -> Status:
    found = read_status(200, json.dumps({"response_code": "00", **fields}).encode())
    assert isinstance(found, Status)
    return found


# Status answers


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("completed", Word.COMPLETED),
        ("COMPLETED", Word.COMPLETED),
        (" completed ", Word.COMPLETED),
        ("notcompleted", Word.FAILED),
        ("nocompleted", Word.FAILED),
        ("NoCompleted", Word.FAILED),
        ("pending", Word.PENDING),
        ("complete", Word.UNKNOWN),
        ("not completed", Word.UNKNOWN),
        ("canceled", Word.UNKNOWN),
        ("failed", Word.UNKNOWN),
        ("paid", Word.UNKNOWN),
        ("", Word.UNKNOWN),
        (None, Word.UNKNOWN),
        (True, Word.UNKNOWN),
        (["completed"], Word.UNKNOWN),
        ({"status": "completed"}, Word.UNKNOWN),
        (1, Word.UNKNOWN),
    ],
)
def test_three_words_are_known(said: object, word: Word) -> None:
    """Both spellings of a failure; every other word, or none, is unknown: never failed, never paid."""
    assert word is _status(status=said).word


def test_the_documented_answer() -> None:
    """As in the documentation, without what the live server adds."""
    documented = {
        "token": "…",
        "response_text": "",
        "description": "",
        "custom_data": [],
        "status": "completed",
        "operator_id": "11",
        "operator_name": "ORANGE BURKINA",
        "wiki": "…",
    }
    expected = Status(Word.COMPLETED, "completed", frozenset(), None, None, "ORANGE BURKINA")
    assert expected == _status(**documented)


@pytest.mark.parametrize("amount", [5000, "5000", 5000.0, "5000.0", "5000.00", " 5000 "])
@pytest.mark.parametrize("name", ["amount", "montant"])
def test_an_amount_in_any_type(amount: object, name: str) -> None:
    """A number or a string, under either name."""
    assert 5000 == _status(status="pending", **{name: amount}).amount


@pytest.mark.parametrize("amount", ["", "5 000", "5000.5", 5000.5, "-5000", "5e3", None, True, [], "٥٠٠٠", "9" * 13])
def test_an_amount_that_is_none(amount: object) -> None:
    """What is no whole amount is not guessed at; the other name is looked at."""
    assert None is _status(amount=amount).amount
    assert 70 == _status(amount=amount, montant="70").amount


@pytest.mark.parametrize(
    ("customer", "number"),
    [
        ("22670000000", "22670000000"),
        (22670000000, "22670000000"),
        ("+226 70 00 00 00", "22670000000"),
        ("70000000", "70000000"),
        ("", None),
        (None, None),
        ("unknown", None),
    ],
)
def test_a_number_in_any_type(customer: object, number: str | None) -> None:
    """Its digits."""
    assert number == _status(customer=customer).number


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"transaction_id": "a1", "external_id": "a1"}, {"a1"}),
        ({"transaction_id": "a1", "external_id": "b2"}, {"a1", "b2"}),
        ({"transaction_id": 17}, {"17"}),
        ({"external_id": "b2", "transaction_id": ""}, {"b2"}),
        ({"transaction_id": None, "external_id": []}, set()),
        ({"custom_data": {"transaction_id": "c3"}}, set()),
    ],
)
def test_ids_that_an_answer_names(fields: dict[str, object], ids: set[str]) -> None:
    """Those two fields, in any type; nothing is taken for an id that stands elsewhere."""
    assert ids == _status(**fields).transaction_ids


@pytest.mark.parametrize("custom_data", [[], "", {}, None, [{"keyof_customdata": "x"}], "[]", 7])
def test_custom_data_never_disturbs(custom_data: object) -> None:
    """A list, a text, an object or nothing."""
    assert Word.PENDING is _status(status="pending", custom_data=custom_data).word


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (
            200,
            b'{"response_code": "01", "response_text": "Echec (Code02)", "status": "completed"}',
            "code 02",
        ),
        (200, b'{"response_code": "01", "response_text": "Echec"}', "code 01"),
        (200, b'{"response_code": "01", "status": "notcompleted"}', "code 01"),
        (200, b'{"status": "completed"}', "code "),
        (200, b'{"response_code": 1000000000000}', "code 10000000"),
        (200, b"<html>", "unreadable"),
        (200, b"", "unreadable"),
        (200, b"[]", "unreadable"),
        (201, b'{"response_code": "00", "status": "completed"}', "HTTP 201"),
        (500, b'{"response_code": "00", "status": "completed"}', "HTTP 500"),
        (302, b"", "HTTP 302"),
    ],
)
def test_an_answer_that_says_nothing(status: int, body: bytes, why: str) -> None:
    """Our keys, our address, an outage: an error of the call is not a word about the payout."""
    assert NoStatus(why) == read_status(status, body)


# Callbacks

FIELDS = {
    "response_code": "00",
    "token": TOKEN,
    "response_text": "",
    "status": "completed",
    "operator_id": "12",
    "operator_name": "MOOV AFRICA BURKINA",
    "url": "https://client.ligdicash.com/",
    "url_method": "",
    "transaction_id": "502d36d2086249118198d06780b1c9fd",
    "external_id": "502d36d2086249118198d06780b1c9fd",
    "montant": "100",
    "amount": "100",
}
LISTED = [{"id_invoice": 5, "keyof_customdata": "transaction_id", "valueof_customdata": "502d"}]
BODIES = {
    "json": json.dumps(FIELDS | {"custom_data": []}),
    "json, listed": json.dumps(FIELDS | {"custom_data": LISTED}),
    "json, an object": json.dumps(FIELDS | {"custom_data": {"transaction_id": "502d"}}),
    "json, a text": json.dumps(FIELDS | {"custom_data": ""}),
    "json, numbers": json.dumps(FIELDS | {"amount": 100, "operator_id": 12}),
    "json, blanks around it": " \r\n" + json.dumps(FIELDS) + "\n",
    "json, a form within": json.dumps(FIELDS | {"url": "https://x.example/?a=b&token=other&status=pending&c=d"}),
    "form": urlencode(FIELDS | {"custom_data": "[]"}),
    "form, listed": urlencode(FIELDS | {"custom_data": json.dumps(LISTED)}),
    "form, by name": urlencode(FIELDS) + "&custom_data[transaction_id]=502d",
    "form, by place": urlencode(FIELDS) + "&custom_data[0][keyof_customdata]=transaction_id",
    "form, brackets escaped": urlencode(FIELDS) + "&" + quote("custom_data[0][x]") + "=1",
    "form, a few fields": urlencode({"status": "completed", "token": TOKEN}),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_shape_of_a_callback(body: str) -> None:
    """Token and word are found however the rest is shaped."""
    assert CallbackNews(TOKEN, "completed") == read_callback(body)


@pytest.mark.parametrize(
    ("body", "news"),
    [
        ('{"status": "Completed "}', CallbackNews(None, "completed")),
        ('{"token": "abc"}', CallbackNews("abc", None)),
        ('{"token": 17, "status": 5}', CallbackNews(None, "5")),
        ('{"token": "a b", "status": null}', CallbackNews(None, None)),
        ('{"token": ["abc"], "status": ["completed"]}', CallbackNews(None, None)),
        ('{"status": "\\ud800"}', CallbackNews(None, "?")),
        ('{"status": "' + "x" * 99 + '"}', CallbackNews(None, "x" * 40)),
        ("status=pending&status=completed", CallbackNews(None, "completed")),
        ("hello=world", CallbackNews(None, None)),
        ("", CallbackNews(None, None)),
        ("\x00\x01", CallbackNews(None, None)),
        ("[" * 60_000, CallbackNews(None, None)),
        ("&".join(["status=completed"] * 500), CallbackNews(None, None)),
        ("[1, 2]", CallbackNews(None, None)),
        ("null", CallbackNews(None, None)),
    ],
    ids=range(15),
)
def test_a_callback_that_says_little(body: str, news: CallbackNews) -> None:
    """What can be read is read; the rest is nothing, and no error."""
    assert news == read_callback(body)


@pytest.mark.parametrize(
    ("value", "token"),
    [
        (" abc\n", "abc"),
        ("x" * LONGEST_TOKEN, "x" * LONGEST_TOKEN),
        ("x" * (LONGEST_TOKEN + 1), None),
        ("a\tb", None),
        ("a\x00b", None),
        ("a\u00a0b", None),
        ("", None),
        (5, None),
        (None, None),
    ],
)
def test_a_token_is_printable_and_bounded(value: object, token: str | None) -> None:
    """Around it blanks may stand, within it none."""
    assert token == read_token(value)


# Whatever comes

any_text = st.text(st.characters())  # half characters too: JSON can spell them
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from([*FIELDS, "custom_data", "customer", "date", "request_id", "wiki", "description"])
said = st.sampled_from(["completed", "pending", "nocompleted", "processing"]) | any_text
likely = st.fixed_dictionaries(
    {
        "response_code": st.sampled_from(["00", "01"]),
        "response_text": st.sampled_from(["", "Echec (Code02)", "Echec (Code08)"]),
        "status": said,
    },
    optional={"token": st.just(TOKEN) | values},
)
answers = likely | st.dictionaries(names, said | values)
statuses = st.just(200) | st.integers(100, 599)
bodies = st.binary() | answers.map(lambda fields: json.dumps(fields).encode())


@given(endpoint=st.sampled_from(Endpoint), status=statuses, body=bodies)
def test_a_create_answer_never_raises(endpoint: Endpoint, status: int, body: bytes) -> None:
    """A yes only with `00` and a token, a refusal only with `01` and without one, and only at HTTP 200."""
    answer = read_create(endpoint, status, body)
    if isinstance(answer, Uncertain):
        return
    fields = json.loads(body)
    assert 200 == status
    assert isinstance(answer, Accepted | Refused)
    assert isinstance(answer, Accepted) is (fields["response_code"] == "00")
    assert isinstance(answer, Accepted) is (read_token(fields.get("token")) is not None)


@given(status=statuses, body=bodies)
@example(status=500, body=b'{"response_code": "00", "status": "completed"}')
def test_a_status_answer_never_raises(status: int, body: bytes) -> None:
    """It is final only with `00` and one of the three words, at HTTP 200."""
    answer = read_status(status, body)
    if isinstance(answer, Status) and answer.word in {Word.COMPLETED, Word.FAILED}:
        fields = json.loads(body)
        assert (200, "00") == (status, fields["response_code"])
        assert fields["status"].strip().lower() in {"completed", "notcompleted", "nocompleted"}


@given(body=st.text() | answers.map(json.dumps))
@example(body='{"status": "\\ud800", "token": "\\udfff"}')
def test_a_callback_never_raises(body: str) -> None:
    """What it says can be written down: no half characters, bounded."""
    news = read_callback(body)
    for said in (news.token, news.status):
        assert said is None or said == said.encode().decode()
        assert said is None or 0 < len(said) <= LONGEST_TOKEN


@given(fields=st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"]))))
def test_both_twins_say_the_same(fields: dict[str, str]) -> None:
    """The same fields as form and as JSON come to the same."""
    if {"token", "status"} & fields.keys():
        form, document = urlencode(fields), json.dumps(fields)
        assert read_callback(document) == read_callback(form)
