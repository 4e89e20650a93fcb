"""What the page's server does not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.sandbox import page as package
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.page import Page
from bot.sandbox.slack.server import SlackStandIn
from tests.page.scene import Scene
from tests.stage import AMINATA, SUPPORT

FOLDER = Path(package.__file__).parent
STATIC = sorted(path for path in FOLDER.iterdir() if path.suffix in {".html", ".css", ".js", ".svg"})

UNKNOWN = [
    b"",
    b"nonsense",
    b"[]",
    b"{}",
    b'{"do": "rob"}',
    b'{"do": "say", "who": "U0AMINATA", "channel": "C0SUPPORT"}',
    b'{"do": "say", "who": "U0AMINATA", "channel": "C0SUPPORT", "text": "  "}',
    b'{"do": "say", "who": "U0SINGLE", "channel": "C0SUPPORT", "text": "hello"}',
    b'{"do": "say", "who": "U0AMINATA", "channel": "C0SUPPORT", "text": "hello", "more": 1}',
    b'{"do": "settle", "create": 0, "status": "pending"}',
    b'{"do": "settle", "create": -1, "status": "completed"}',
    b'{"do": "settle", "create": "0", "status": "completed"}',
    b'{"do": "mood", "mood": "furious"}',
    b'{"do": "sky", "sky": "purple"}',
    b'{"do": "submit", "who": "U0AMINATA", "view": "V1", "values": {"amount": 5000}}',
]


@pytest.mark.parametrize("body", UNKNOWN)
async def test_an_unknown_deed_is_refused(unstaffed: Scene, body: bytes) -> None:
    """400 for what no page of ours sends, and what was sent is not repeated."""
    headers = {"Content-Type": "application/json"}
    async with unstaffed.client.post(f"{unstaffed.page.url}/do", data=body, headers=headers) as response:
        assert 400 == response.status
        assert (await response.json())["ok"] is False
    assert [] == unstaffed.slack.deliveries


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing.js", 404),
        ("GET", "/page.py", 404),
        ("GET", "/..%2fpage.py", 404),
        ("GET", "/__init__.py", 404),
        ("GET", "/do", 404),
        ("POST", "/state", 405),
        ("GET", "/state", 400),
        ("GET", "/state?as=U0ROBOT", 400),
        ("GET", "/events?as=nobody", 400),
    ],
)
async def test_other_addresses_are_refused(unstaffed: Scene, method: str, path: str, expected: int) -> None:
    """Only the page's own files and doors are there."""
    async with unstaffed.client.request(method, f"{unstaffed.page.url}{path}") as response:
        assert expected == response.status
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


async def test_a_form_of_another_site_is_refused(unstaffed: Scene) -> None:
    """A browser posts forms anywhere without asking, but not as JSON; and it says from where."""
    deed = {"do": "say", "who": AMINATA, "channel": SUPPORT, "text": "hello"}
    async with unstaffed.client.post(f"{unstaffed.page.url}/do", data=deed) as response:
        assert 415 == response.status
    headers = {"Origin": "http://elsewhere.example"}
    async with unstaffed.client.post(f"{unstaffed.page.url}/do", json=deed, headers=headers) as response:
        assert 403 == response.status
    assert [] == unstaffed.slack.messages(SUPPORT)


async def test_another_name_for_this_machine_is_refused(unstaffed: Scene) -> None:
    """A site whose name is made to point here reads nothing."""
    headers = {"Host": "elsewhere.example"}
    async with unstaffed.client.get(f"{unstaffed.page.url}/state?as=U0AMINATA", headers=headers) as response:
        assert 403 == response.status


async def test_a_huge_deed_is_refused(unstaffed: Scene) -> None:
    """413, before it is read."""
    headers = {"Content-Type": "application/json"}
    async with unstaffed.client.post(f"{unstaffed.page.url}/do", data=b" " * 100_000, headers=headers) as response:
        assert 413 == response.status


@pytest.mark.parametrize("path", ["", *(path.name for path in STATIC), "state?as=U0AMINATA", "events?as=U0AMINATA"])
async def test_every_answer_lets_the_browser_load_from_here_alone(unstaffed: Scene, path: str) -> None:
    """Each answer carries the policy, and its type is not for guessing."""
    async with unstaffed.client.get(f"{unstaffed.page.url}/{path}") as response:
        assert 200 == response.status
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "nosniff" == response.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_no_file_names_another_place(path: Path) -> None:
    """Nothing is loaded from elsewhere; names of XML are no places."""
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""(?:src|href|url|import|from|fetch)\W{1,3}(?:https?:)?//""", text)


@pytest.mark.parametrize("path", [path for path in STATIC if path.suffix == ".js"], ids=lambda path: path.name)
def test_no_module_makes_elements_of_text(path: Path) -> None:
    """What people typed can only become text."""
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text(encoding="utf-8")
    )


async def test_a_ligdicash_that_cannot_be_switched_is_refused() -> None:
    """The one who starts the page is told what is missing."""
    async with SlackStandIn.running() as slack, LigdicashSandbox.running() as ligdicash:
        with pytest.raises(TypeError, match="ByHand"):
            async with Page.running(slack, ligdicash, "http://127.0.0.1:1"):
                pass
