"""Members: people known to the community, their dated aliases, consent and tags."""
