"""What the bot remembers: payouts, attempts and events in one SQLite ledger."""
