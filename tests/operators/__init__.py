"""Operators: who acts, undo, saved views."""
