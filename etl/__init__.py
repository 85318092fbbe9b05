"""Daytally: from logs to a daily statement that a product owner can sign."""

__version__ = "0.1.0"
