"""Sync: what comes in. Here two slices meet; they never import each other."""
