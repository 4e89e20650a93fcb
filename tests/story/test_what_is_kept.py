"""Where the ledger keeps what must be found, and removed, in one place."""

from __future__ import annotations

from tests.stage import DAOUDA, Stage


def places_of(scene: Stage, text: str) -> set[str]:
    """The columns of the ledger in which a text stands."""
    tables = [str(row[0]) for row in scene.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = [(table, str(column[1])) for table in tables for column in scene.rows(f"PRAGMA table_info({table})")]
    queries = {
        f"{table}.{column}": f'SELECT 1 FROM {table} WHERE instr("{column}", ?)'  # noqa: S608 - its own names
        for table, column in columns
    }
    return {place for place, query in queries.items() if scene.rows(query, text)}


async def test_a_number_stands_in_one_place(quick_scene: Stage) -> None:
    """After a payout and a rejection the number is the beneficiary's alone, not in events or inbox."""
    paid = await quick_scene.ask("22670000000 5000 refund")
    rejected = await quick_scene.ask("22670000000 7000 refund")
    await quick_scene.approve(paid)
    await quick_scene.reject(rejected, "refunded already", user=DAOUDA)
    await quick_scene.card_says(paid, "Completed")
    await quick_scene.card_says(rejected, "Rejected")
    await quick_scene.settled()
    assert {"beneficiaries.number"} == places_of(quick_scene, "70000000")
    assert set() == places_of(quick_scene, "70 00 00 00")


async def test_a_token_stands_with_its_attempt(quick_scene: Stage) -> None:
    """The whole token is where the status is asked from; the history shows its end only."""
    card = await quick_scene.ask("22670000000 5000 refund")
    await quick_scene.approve(card)
    await quick_scene.card_says(card, "Completed")
    await quick_scene.settled()
    token = quick_scene.ligdicash.payouts[0].token
    assert {"attempts.token"} == places_of(quick_scene, token)
    assert "events.data" in places_of(quick_scene, token[-8:])


async def test_the_secret_of_a_callback_stands_nowhere(quick_scene: Stage) -> None:
    """Only its hash is kept: whoever reads the ledger cannot call back."""
    card = await quick_scene.ask("22670000000 5000 refund")
    await quick_scene.approve(card)
    await quick_scene.card_says(card, "Completed")
    secret = quick_scene.ligdicash.payouts[0].callback_url.rsplit("/", 1)[1]
    assert 40 == len(secret)
    assert set() == places_of(quick_scene, secret)


async def test_the_file_is_its_owners_alone(quick_scene: Stage) -> None:
    """Numbers and tokens stand in it."""
    assert 0o600 == quick_scene.database.stat().st_mode & 0o777
