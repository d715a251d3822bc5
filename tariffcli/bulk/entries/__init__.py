"""Entries held against what was filed and paid: audit and refund."""
