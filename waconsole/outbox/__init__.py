"""Outbox: messages to send, and tasks for a human hand."""
