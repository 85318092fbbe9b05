"""The built-in formats, by who writes them."""
