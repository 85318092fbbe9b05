"""What compiled code needs wherever it is: compilation, memory, and tables of 64-bit cells."""
