"""Slack's text as the page writes it."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen
from tests.stage import AMINATA, SUPPORT

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENTION = '<span class="chip mine">@Aminata</span>'

LINK = 'target="_blank" rel="noreferrer noopener"'

TABLE = [
    ("plain", "plain"),
    ("*bold* _italic_ ~struck~", "<strong>bold</strong> <em>italic</em> <s>struck</s>"),
    ("*a _b_ c*", "<strong>a <em>b</em> c</strong>"),
    ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
    ("* not bold * and *", "* not bold * and *"),
    ("*5 000 XOF*, (*+226 70*)", "<strong>5 000 XOF</strong>, (<strong>+226 70</strong>)"),
    ("`*code* &amp; &lt;b&gt;`", "<code>*code* &amp; &lt;b&gt;</code>"),
    ("```one\n*two*```after", "<pre><code>one\n*two*</code></pre>after"),
    ("&gt; quoted\n&gt; twice\nthen", "<blockquote>quoted<br>twice</blockquote>then"),
    ("one\ntwo", "one<br>two"),
    ("&lt;!channel&gt; &amp;amp; &quot;", "&lt;!channel&gt; &amp;amp; &amp;quot;"),
    ("<@U0AMINATA> <@U0NOBODY>", f'{MENTION} <span class="chip">@U0NOBODY</span>'),
    ("<#C0SUPPORT> <#C0NONE|gone>", '<span class="chip">#support</span> <span class="chip">#gone</span>'),
    ("<!here> <!subteam^S0X|@team>", '<span class="chip">@here</span> <span class="chip">@team</span>'),
    ("<@constructor>", '<span class="chip">@constructor</span>'),
    ("`<@U0AMINATA>`", "<code>@Aminata</code>"),
    (
        "<https://a.example/?x=1&amp;y=2|a &amp; b>",
        f'<a href="https://a.example/?x=1&amp;y=2" {LINK}>a &amp; b</a>',
    ),
    ("<javascript:alert(1)|x>", "x"),
    ("<tel:+22670000000|+226 70>", f'<a href="tel:+22670000000" {LINK}>+226 70</a>'),
    (":white_check_mark: :unknown_one: 12:30:45", "✅ :unknown_one: 12:30:45"),
    ("https://a.example/x.", f'<a href="https://a.example/x" {LINK}>https://a.example/x</a>.'),
]  # fmt: skip
NAMES = """{
    who: "U0AMINATA", people: {U0AMINATA: "Aminata"}, channels: {C0SUPPORT: "support"}, groups: {},
    archive: "https://team.slack.example/archives/", open: () => {},
}"""
RENDER = f"""
async ([text, verbatim]) => {{
    const {{ mrkdwn }} = await import("/mrkdwn.js");
    const box = document.createElement("div");
    box.append(mrkdwn(text, {NAMES}, verbatim));
    return box.innerHTML;
}}
"""


async def test_mrkdwn_is_written_as_slack_does(screen: Screen) -> None:
    """Every line of the table; what is verbatim makes no links of addresses that were typed plainly."""
    for text, expected in TABLE:
        assert expected == await screen.page.evaluate(RENDER, [text, False]), text
    plain = "https://a.example/x and <@U0AMINATA>"
    assert f"https://a.example/x and {MENTION}" == await screen.page.evaluate(RENDER, [plain, True])


async def test_what_is_typed_becomes_no_element(screen: Screen) -> None:
    """Markup in a message is text, and asks for nothing."""
    await screen.type("<img src=https://elsewhere.example/x onerror=alert(1)> <script>alert(1)</script>")
    await screen.sees(screen.channel, "<script>alert(1)</script>")
    assert 0 == await screen.channel.locator("img, script").count()


async def test_a_link_to_a_message_stays_in_the_page(screen: Screen) -> None:
    """A permalink opens the thread it leads to, in a text and behind a button alike."""
    slack = screen.scene.slack
    card = slack.call("chat.postMessage", "xoxb-test", {"channel": SUPPORT, "text": "the card"})
    reply = {"channel": SUPPORT, "text": "the reply", "thread_ts": card["ts"]}
    sent = slack.call("chat.postMessage", "xoxb-test", reply)
    link = slack.call("chat.getPermalink", "xoxb-test", {"channel": SUPPORT, "message_ts": sent["ts"]})
    said = f"see <{link['permalink']}|its thread>"
    slack.call("chat.postMessage", "xoxb-test", {"channel": slack.workspace.dm(AMINATA), "text": said})

    await screen.go("Payout")
    await screen.channel.get_by_role("button", name="its thread").click()
    await screen.sees(screen.thread, "the reply")


def text(words: str) -> dict[str, object]:
    """A `plain_text` object."""
    return {"type": "plain_text", "text": words}


ONE, TWO = ({"text": text(words), "value": words.lower()} for words in ("One", "Two"))
FIELDS = {
    "line": {"type": "plain_text_input", "initial_value": "as given"},
    "lines": {"type": "plain_text_input", "multiline": True, "placeholder": text("several")},
    "one": {"type": "static_select", "options": [ONE, TWO], "initial_option": TWO},
    "several": {"type": "checkboxes", "options": [ONE, TWO], "initial_options": [ONE]},
    "radio": {"type": "radio_buttons", "options": [ONE, TWO]},
    "many": {"type": "multi_static_select", "options": [ONE, TWO]},
    "day": {"type": "datepicker", "initial_date": "2026-11-24"},
    "number": {"type": "number_input", "is_decimal_allowed": False},
}


def _form() -> dict[str, object]:
    inputs = [
        {
            "type": "input",
            "block_id": name,
            "label": text(f"Field {name}"),
            "element": element,
            "optional": True,
        }
        for name, element in FIELDS.items()
    ]
    about = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*About* this"},
        "fields": [text("a field")],
    }
    note = {"type": "context", "elements": [text("a note")]}
    return {
        "type": "modal",
        "title": text("All kinds"),
        "submit": text("Send"),
        "blocks": [about, note, *inputs],
    }


async def test_every_kind_of_field_is_filled_in(screen: Screen) -> None:
    """Each has its value when the form is sent, and what was given is there at first."""
    slack = screen.scene.slack
    modal = slack.workspace.show(AMINATA, _form())
    await screen.sees(screen.dialog, "About this")
    field = screen.page.get_by_label
    await field("Field lines").fill("first\nsecond")
    await field("Field one").select_option("one")
    await screen.page.get_by_role("group", name="Field several").get_by_label("Two").check()
    await screen.page.get_by_role("radiogroup", name="Field radio").get_by_label("Two").check()
    await screen.page.get_by_role("group", name="Field many").get_by_label("One").check()
    await field("Field number").fill("seven")
    await screen.page.get_by_role("button", name="Send").last.click()
    await screen.sees(screen.dialog, "Please enter a number.")
    await field("Field number").fill("7")
    await screen.page.get_by_role("button", name="Send").last.click()
    await slack.wait_for(lambda slack: slack.deliveries)
    slack.workspace.close(modal)

    expected = {
        "line": "as given", "lines": "first\nsecond", "one": "one", "several": ["one", "two"], "radio": "two",
        "many": ["one"], "day": "2026-11-24", "number": "7",
    }  # fmt: skip
    assert expected == modal.values


async def test_a_form_that_changes_keeps_what_was_typed(screen: Screen) -> None:
    """`views.update` under somebody's hands: fields that stay keep their text, and the focus stays too."""
    slack = screen.scene.slack
    modal = slack.workspace.show(AMINATA, _form())
    await screen.page.get_by_label("Field line (optional)").fill("typed")
    changed = _form() | {"title": text("Another title")}
    changed["blocks"] = [{"type": "header", "text": text("New above")}, *_form()["blocks"]]  # type: ignore[misc]
    slack.workspace.change(modal, changed)
    await screen.sees(screen.dialog, "New above")
    line = screen.page.get_by_label("Field line (optional)")
    assert "typed" == await line.input_value()
    assert await line.evaluate("each => each === document.activeElement")


async def test_a_message_that_changes_is_marked(screen: Screen) -> None:
    """The one that says something else now, and not its neighbours."""
    slack = screen.scene.slack
    first, second = (
        slack.call("chat.postMessage", "xoxb-test", {"channel": SUPPORT, "text": words}) for words in ("one", "two")
    )
    await screen.sees(screen.channel, "two")
    slack.call("chat.update", "xoxb-test", {"channel": SUPPORT, "ts": first["ts"], "text": "three"})
    await screen.sees(screen.channel.locator(".changed"), "three")
    assert [first["ts"]] == await screen.channel.locator(".changed").evaluate_all(
        "all => all.map((each) => each.dataset.ts)"
    )
    assert second["ts"] != first["ts"]
