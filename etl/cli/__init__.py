"""The command line. Every command imports what is heavy inside its function."""

from etl.cli.main import main

__all__ = ["main"]
