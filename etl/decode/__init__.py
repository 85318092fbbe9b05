"""Stage 2: stored bytes become blocks of whole lines."""
