"""Payout Bot: payouts requested, approved, paid and followed to their final status in Slack."""
