"""The query language. It is handed its fields; it never looks for them."""
