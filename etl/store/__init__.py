"""Stage 5: keep. Parquet files are encoded here and shown by Delta commits."""
