"""The verbs of a transaction, by what they change; `Transaction` has them all."""

from storage.moves.transaction import Data, Transaction

__all__ = ["Data", "Transaction"]
