"""Makes `python -m etl` the same as `daytally`."""

from etl.cli.start import start

if __name__ == "__main__":
    start()
