"""Money that can be proved: accounts, transfers, and every balance derived from them."""
