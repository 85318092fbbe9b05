"""`[[chain]]`: the way that business objects take through the systems."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from etl.settings.parts import Duration, Name, NonEmpty, Part, as_span, refuse_doubles

MOST_GRACE = timedelta(days=31)


class StepSettings(Part):
    """`[[chain.step]]`: which rows show that an object passed."""

    name: Name
    records: Literal["requests", "events"] = Field(alias="from")
    where: NonEmpty
    object: NonEmpty
    repeats: bool = False


class ChainSettings(Part):
    """`[[chain]]`: ordered steps that each object passes."""

    name: Name
    grace: Duration = "6h"
    lookback_days: Annotated[int, Field(ge=1, le=90)] = 3
    step: Annotated[list[StepSettings], Field(min_length=2)]

    @property
    def grace_period(self) -> timedelta:
        """How long an object may take from its first step to any later one."""
        return as_span(self.grace)

    @field_validator("grace")
    @classmethod
    def _bearable(cls, value: str) -> str:
        if as_span(value) > MOST_GRACE:
            raise ValueError(
                f"'{value}' is more than {MOST_GRACE.days} days: each day would be measured again"
                " until they are over"
            )
        return value

    @model_validator(mode="after")
    def _unique_steps(self) -> Self:
        refuse_doubles("step", [step.name for step in self.step])
        return self
