"""Who brought whom, by which way, and what it earns."""
