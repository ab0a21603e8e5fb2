"""Imports: what a file leaves in the ledger."""
