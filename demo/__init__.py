"""Synthetic scene, end-to-end run and map of ``make demo``."""
