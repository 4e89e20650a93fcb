"""Who knocks: Slack's commands, forms and clicks, LigdiCash's callbacks, and whoever asks how the bot is."""
