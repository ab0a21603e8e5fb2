"""The door to the engine: transactions, turns, migrations."""
