"""The only room that knows the engine: open, write, read, pages, migrate, tell what changed."""
