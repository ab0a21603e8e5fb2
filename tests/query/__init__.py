"""The narrowing language."""
