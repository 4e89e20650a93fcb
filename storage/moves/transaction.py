"""Everything that may be done inside one transaction."""

from __future__ import annotations

from storage.moves.attempts import AttemptMoves
from storage.moves.events import Data
from storage.moves.holds import HoldMoves
from storage.moves.incoming import IncomingMoves
from storage.moves.outgoing import OutgoingMoves

__all__ = ["Data", "Transaction"]


class Transaction(HoldMoves, AttemptMoves, IncomingMoves, OutgoingMoves):
    """The verbs of `storage.moves`, all on one connection, inside one transaction."""
