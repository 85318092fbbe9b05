"""Makes `python -m etl` the same as `daytally`."""

from etl.cli import main

if __name__ == "__main__":
    main()
