"""Screen parts that know nothing of the business: lists, lines, sheets, prompts, keys, roles."""
