"""One keyed chain: what must be provable is sealed into it, link by link."""
