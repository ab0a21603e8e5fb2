"""People: identity, consent, tags."""
