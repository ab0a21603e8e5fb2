"""The sample community of an invented shop: its sources, and the exports and contacts made of them."""
