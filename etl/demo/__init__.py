"""Simulates the logs of a customer-data service, and knows what is true of them.

The truth is counted from what is simulated and shares no code with the rest of the package, so
that it can be the oracle of its tests.
"""

from etl.demo.simulation import FIRST_DAY, simulate

__all__ = ["FIRST_DAY", "simulate"]
