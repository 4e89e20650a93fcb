"""What people read keeps up with the code: commands, settings, routes, scopes, tables, links."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic_core import PydanticUndefined
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import Bot
from bot.cli import BUILT, NOT_BUILT_YET, main
from bot.commands import doctor
from bot.language import Language
from bot.ligdicash.errors import VERDICTS
from bot.sandbox.ligdicash.bank import CREATE_PATHS, STATUS_PATHS
from bot.sandbox.ligdicash.behaviours import as_markdown
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.page.picture import SHORTCUTS
from bot.settings import Settings, SettingsError, load_settings, variables
from handlers import payout_command, refund_shortcut
from storage.payout import TRANSITIONS, Endpoint
from tests.catalogue import texts_of, translated

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide-fr.md").read_text(encoding="utf-8")
MANIFEST = (ROOT / "manifest.yml").read_text(encoding="utf-8")
SANDBOX = "A LigdiCash sandbox for integrators"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])

NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-test",
    "SLACK_SIGNING_SECRET": "test-signing-secret",
    "LIGDICASH_API_KEY": "test",
    "LIGDICASH_AUTH_TOKEN": "test",
    "PUBLIC_URL": "https://payouts.example.com",
    "AUDIT_CHANNEL": "C0AUDIT",
    "APPROVERS": "U0CLARISSE",
}

# What Slack's documentation asks for, for a bot token. Methods of the client as this code names them.
SCOPES = {
    "auth_test": set(),
    "views_open": set(),
    "views_publish": set(),
    "users_info": {"users:read"},
    "conversations_info": {"channels:read", "groups:read"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
}
# Only where the settings name a user group: in the manifest it waits as a comment.
OPTIONAL_SCOPES = {"usergroups_users_list": {"usergroups:read"}}
# What is refused as not available yet: a right value whose rule is not built.
NOT_BUILT_VALUES = {"DATABASE_URL": "postgresql://localhost/payouts"}


def section(title: str) -> str:
    """The text of the README under one heading, up to the next one of the same depth or less."""
    lines = iter(README.splitlines())
    depth = next(len(line) - len(line.lstrip("#")) for line in lines if line.lstrip("#").strip() == title)
    body = []
    for line in lines:
        if 0 < len(line) - len(line.lstrip("#")) <= depth:
            break
        body.append(line)
    return "\n".join(body)


def rows(text: str) -> list[list[str]]:
    """The tables of a text, a list of cells a row, without headings' rules."""
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in found if not row[0].strip().startswith("---")]


def named(text: str) -> set[str]:
    """Everything that stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def described_commands() -> dict[str, list[str]]:
    """Each command in the README's table of commands: its arguments there, then what it does."""
    table = rows(section("Commands"))
    return {
        name.split()[0]: [*name.split()[1:], row[1]]
        for row in table
        for name in named(row[0])
        if "/payout" not in name and name != "command"
    }


# Commands


VERBS = {name: main.get_command(click.Context(main), name) or main for name in BUILT + NOT_BUILT_YET}


def test_every_command_is_documented() -> None:
    """Each command has its name in the README's table of commands, and none is there that does not exist."""
    assert set(VERBS) == described_commands().keys()


def test_every_option_is_documented() -> None:
    """Each option of each command stands in that command's row, and as many arguments as it takes behind its name."""
    described = described_commands()
    missing = [
        f"{command} {option.opts[0]}"
        for command, verb in VERBS.items()
        for option in verb.params
        if isinstance(option, click.Option) and option.opts[0] not in named(described[command][-1])
    ]
    assert [] == missing
    arguments = {
        command: sum(isinstance(parameter, click.Argument) for parameter in verb.params)
        for command, verb in VERBS.items()
        if command not in NOT_BUILT_YET
    }
    assert arguments == {command: len(described[command]) - 1 for command in arguments}


def test_the_table_of_what_is_missing_is_honest() -> None:
    """What is refused is in the right column, and nothing that works is."""
    table = {row[0]: row for row in rows(section("What works, and what does not yet"))}
    works, missing = (named(cell) for cell in table["program"][1:])
    assert (set(BUILT), set(NOT_BUILT_YET)) == (works, missing)
    assert NOT_BUILT_VALUES.keys() == {name.partition("=")[0] for name in named(table["settings"][2])}
    heard = {"help"} | payout_command._INQUIRIES | payout_command._BRAKE.keys()
    assert "help" in payout_command._HELP
    assert (heard, set()) == (named(table["`/payout …`"][1]), named(table["`/payout …`"][2]))


@pytest.mark.parametrize(("name", "value"), NOT_BUILT_VALUES.items())
def test_what_is_not_available_yet_is_refused_as_such(name: str, value: str) -> None:
    """By its name and by that word, not as something malformed."""
    with pytest.raises(SettingsError, match=f"^{name} .*not available yet"):
        load_settings(NEEDED | {name: value}, env_file=None)


def test_every_word_of_the_command_is_documented() -> None:
    """What `/payout` hears has its row in the table of what is typed."""
    typed = {name for row in rows(section("Commands")) for name in named(row[0]) if "/payout" in name}
    heard = {"help"} | payout_command._INQUIRIES | payout_command._BRAKE.keys()
    words = {name.split()[1] for name in typed if len(name.split()) > 1}
    french = payout_command.FRENCH.keys() - {"regles"}  # the same without its accent
    assert heard | french | {"NUMBER"} == words


def _typeset(text: str) -> str:
    """Without what a keyboard writes in another way."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def test_the_french_guide_quotes_what_the_bot_says() -> None:
    """Every button, field and state in it is a sentence of the French catalogue; every command is one that is heard."""
    said = {_typeset(text) for message in translated(Language.FRENCH) for text in texts_of(message.string)}
    said |= {str(shown["text"]) for shown in SHORTCUTS} | {"en italique"}
    quoted = {" ".join(found.split()) for found in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", GUIDE)}
    assert len(quoted) > 20
    assert set() == quoted - said
    typed = {words[1] for words in map(str.split, re.findall(r"`(/payout[^`]*)`", GUIDE)) if len(words) > 1}
    assert set() == typed - payout_command.FRENCH.keys() - {"NUMÉRO", "22670000000"}


# Settings


def test_every_setting_is_documented() -> None:
    """The README's table of variables has exactly those that exist."""
    assert sorted(variables()) == sorted(name for row in rows(section("Variables"))[1:] for name in named(row[0]))


@pytest.mark.parametrize("name", variables())
def test_the_default_is_the_documented_one(name: str) -> None:
    """A needed variable is called needed; a default in backticks is what the bot takes without it."""
    default = next(row[1] for row in rows(section("Variables")) if row[0] == f"`{name}`")
    field_name, field = next(
        (field_name, field) for field_name, field in Settings.model_fields.items() if field.alias == name
    )
    if field.default is PydanticUndefined or name == "SLACK_SIGNING_SECRET":
        assert "needed" == default
    elif default.startswith("`"):
        given = load_settings(NEEDED | {name: default.strip("`")}, env_file=None)
        assert getattr(load_settings(NEEDED, env_file=None), field_name) == getattr(given, field_name)
    else:
        assert field.default in (None, ())


def test_the_example_names_every_setting_once() -> None:
    """`.env.example` has each variable that exists, and no other; what is needed waits to be filled in."""
    assert sorted(variables()) == sorted(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert list(NEEDED) == re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE)


def test_the_example_left_as_it_is_names_what_must_be_filled_in() -> None:
    """A copy that nobody filled in is refused with exactly the needed variables."""
    with pytest.raises(SettingsError) as refused:
        load_settings({}, ROOT / ".env.example")
    assert set(NEEDED) == {problem.split()[0] for problem in refused.value.problems}


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    """With every line uncommented nothing changes."""
    uncommented = tmp_path / "all.env"
    uncommented.write_text(re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE, flags=re.MULTILINE), encoding="utf-8")
    assert load_settings(NEEDED, env_file=None) == load_settings(NEEDED, uncommented)


# Routes


async def test_every_route_is_documented(tmp_path: Path) -> None:
    """The README's table of routes has exactly what the bot answers."""
    environment = NEEDED | {"DATABASE_URL": f"sqlite:///{tmp_path / 'payouts.db'}"}
    bot = Bot(load_settings(environment, env_file=None))
    try:
        served = {
            f"{route.method} {route.resource.canonical}"
            for route in bot._make_web().router.routes()
            if route.resource is not None and route.method != "HEAD"
        }
    finally:
        await bot.stop()
    assert served == {name for row in rows(section("Routes"))[1:] for name in named(row[0])}


async def test_every_route_of_the_sandbox_is_documented() -> None:
    """So has the sandbox's table."""
    documented = {name.partition("?")[0] for row in rows(section(SANDBOX)) for name in named(row[0])}
    async with LigdicashSandbox.running() as sandbox:
        own = {
            f"{route.method} {route.resource.canonical}"
            for route in sandbox._application().router.routes()
            if route.resource is not None and route.method in {"GET", "POST"}
        }
    served = own | {f"POST {path}" for path in CREATE_PATHS} | {f"GET {path}" for path in STATUS_PATHS}
    assert served == {name for name in documented if name.startswith(("GET ", "POST "))}


# Tables that are made from the code


def test_the_table_of_last_digits_is_the_sandbox_s_own() -> None:
    """Word for word what `behaviours.as_markdown()` says: where it does not, print that and paste it."""
    after = itertools.dropwhile(lambda line: not line.startswith("| digits"), section(SANDBOX).splitlines())
    assert as_markdown().splitlines() == list(itertools.takewhile(lambda line: line.startswith("|"), after))


def test_the_transition_table_is_the_code_s() -> None:
    """Each move that is possible, and no other."""
    documented = {tuple(cell.strip("`") for cell in row[:2]) for row in rows(section("A payout's life"))[1:]}
    assert documented == {(str(before), str(after)) for before, follows in TRANSITIONS.items() for after in follows}


def test_the_table_of_codes_is_the_code_s() -> None:
    """Each code is there; it is called uncertain exactly where the bot takes it so."""
    text = (ROOT / "docs/ligdicash.md").read_text(encoding="utf-8")
    documented = {row[0]: row[1:] for row in rows(text) if re.fullmatch(r"\d\d[a-z]?", row[0])}
    assert documented.keys() == {code for _, code in VERDICTS}
    for code, cells in documented.items():
        for endpoint, cell in zip((Endpoint.CUSTOMER, Endpoint.MERCHANT), cells, strict=True):
            verdict = VERDICTS.get((endpoint, code))
            taken = "–" if verdict is None else "definite" if verdict.definite else "uncertain"
            shown = "–" if cell == "–" else "uncertain" if cell.startswith("uncertain") else "definite"
            assert (code, endpoint, taken) == (code, endpoint, shown)


def test_every_file_of_the_rooms_exists() -> None:
    """A row in bold names a folder or file; the rows below it may name files in that folder."""
    missing, folder = [], ROOT
    for row in rows(section("The rooms"))[1:]:
        for name in re.findall(r"`([^`]+)`", row[0]):
            if row[0].startswith("**"):
                folder = ROOT / name
            if not (ROOT / name).exists() and not (folder / name).exists():
                missing.append(name)
    assert [] == missing


# Slack's scopes


def sources() -> Iterator[ast.Module]:
    """The bot's own code, without the stand-ins."""
    for folder in ("bot", "handlers", "storage"):
        for path in (ROOT / folder).rglob("*.py"):
            if "sandbox" not in path.relative_to(ROOT).parts:
                yield ast.parse(path.read_text(encoding="utf-8"))


def web_api_methods() -> set[str]:
    """Every method of Slack's client that is called by its name, or named as `chat.postMessage`."""
    known = {name for name in dir(AsyncWebClient) if re.fullmatch(r"[a-z]+(_[A-Za-z]+)+", name)} - {"api_call"}
    called = {
        node.func.attr
        for tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    written = {
        node.value.replace(".", "_")
        for tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }
    return known & (called | written)


def manifest_scopes(before: str = "") -> list[str]:
    """The bot scopes in the manifest, by its indentation; with "# " those that wait as a comment."""
    bot = MANIFEST.partition("    bot:\n")[2]
    lines = re.match(r"(?:      .*\n)+", bot)
    assert lines is not None
    return re.findall(rf"^      {before}- (\S+)$", lines[0], re.MULTILINE)


def test_the_methods_are_those_whose_scopes_are_known() -> None:
    """A new call on Slack needs a look at its scopes: here, in the manifest, and in docs/installing.md."""
    assert {*SCOPES, *OPTIONAL_SCOPES} == web_api_methods()


def test_the_page_shows_the_shortcut_as_the_manifest_names_it() -> None:
    """In both languages, since Slack shows one name to everybody; 24 characters are what it takes."""
    (shown,) = SHORTCUTS
    (name,) = re.findall(r"- name: (.+)\n      type: message\n      callback_id: (\w+)", MANIFEST)
    assert (shown["text"], shown["callback_id"]) == name
    assert len(str(shown["text"])) <= 24


def test_the_manifest_has_the_least_scopes() -> None:
    """Each scope that a called method needs, the command's own, and no other; what only groups need is a comment."""
    needed = {"commands"}.union(*SCOPES.values())
    optional = set[str]().union(*OPTIONAL_SCOPES.values())
    assert sorted(needed) == sorted(manifest_scopes())
    assert sorted(optional) == sorted(manifest_scopes("# "))
    assert (needed, optional) == (set(doctor.SCOPES), {doctor.GROUP_SCOPE})


def test_each_scope_is_explained() -> None:
    """In the manifest by a comment above it, and in the table of docs/installing.md."""
    lines = MANIFEST.splitlines()
    places = {scope: f"      - {scope}" for scope in manifest_scopes()}
    places |= {scope: f"      # - {scope}" for scope in manifest_scopes("# ")}
    bare = [scope for scope, line in places.items() if "# " not in lines[lines.index(line) - 1]]
    assert [] == bare
    table = {row[0].strip("`") for row in rows((ROOT / "docs/installing.md").read_text(encoding="utf-8"))}
    assert places.keys() <= table


def test_the_manifest_sends_everything_to_one_route() -> None:
    """Command, events and interactivity go to the route that listens, and the command is the one that is heard."""
    addresses = re.findall(r"^\s+(?:url|request_url): (\S+)$", MANIFEST, re.MULTILINE)
    assert ["https://payouts.example.com/slack/events"] * 3 == addresses
    assert ["/payout"] == re.findall(r"^\s+- command: (\S+)$", MANIFEST, re.MULTILINE)


def test_the_manifest_has_the_shortcut_that_is_heard() -> None:
    """By its callback's name; its own name fits into Slack's menu, and it is a message's."""
    shortcuts = MANIFEST.partition("  shortcuts:\n")[2].partition("oauth_config:")[0]
    said = dict(re.findall(r"^    [ -] (\w+): (.+)$", shortcuts, re.MULTILINE))
    assert {"name", "type", "callback_id", "description"} == said.keys()
    assert (refund_shortcut.CALLBACK, "message") == (said["callback_id"], said["type"])
    assert len(said["name"]) <= 24
    assert len(said["description"]) <= 150


def test_the_manifest_subscribes_to_what_is_heard() -> None:
    """Each event that a listener is registered for, and no other."""
    heard = {
        node.args[0].value
        for tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "event"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    subscribed = MANIFEST.partition("    bot_events:\n")[2].partition("  interactivity:")[0]
    assert heard == set(re.findall(r"^      - (\S+)$", subscribed, re.MULTILINE))


# Links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_points_to_nothing(page: Path) -> None:
    """Each relative link leads to a file of the repository, and to a heading in it where it names one."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert [] == broken


def anchors(page: Path) -> set[str]:
    """What a page's headings are called in a link."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
