"""Cashback: what ambassadors earn on orders, who decides on it, and how it is paid out."""
