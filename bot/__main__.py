"""`python -m bot` is `payout-bot`."""

from bot.cli import main

main()
