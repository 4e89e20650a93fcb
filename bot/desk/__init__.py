"""The verbs on a payout, by phase of its life: asked for, decided, paid, proven."""
