"""Stage 7: what went wrong, from when to when."""
