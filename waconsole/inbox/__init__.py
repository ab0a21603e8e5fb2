"""The inbox: conversations, what is owed in them, and the chat exports they are read from."""
