"""Stand-ins for the services the bot talks to: real servers on loopback, with state."""

# Seconds for which somebody waits on a stand-in for what must happen. Nothing takes that long; a busy machine may.
PATIENCE = 30.0
