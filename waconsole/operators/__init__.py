"""Operators: who acts, what they did (the act log is also the undo log), what they have taken."""
