"""The Cloud API, Meta's official way: text to members and to official groups, blue ticks, quotes."""
