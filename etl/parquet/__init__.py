"""Parquet files out of Arrow batches, encoded by compiled kernels.

Only what the warehouse's part files need: flat columns and structs of them, one page a column and
row group, dictionaries where values repeat, zstd. Half the CPU of a general writer: values are
looked up once, in the memory that they already have. The format is
https://parquet.apache.org/docs/file-format/; tests read each file back by other implementations.
"""
