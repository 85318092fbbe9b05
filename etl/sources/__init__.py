"""Stage 1: find inputs and open them."""
