"""The same commands without a screen. Never imports textual."""
