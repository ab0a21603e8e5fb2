"""The outbox: messages to send, and what becomes of them."""
