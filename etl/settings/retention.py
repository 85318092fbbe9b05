"""The shape of `[retention]`: for how many days rows and files are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int, Field(ge=1, le=36_500)]

KEPT_FOR_EVER = {
    "measurements": "they are the statement itself, and the trends rest on them",
    "inputs": "it says what was read: without it all logs would be read again",
    "incident_log": "times to resolve are counted from it",
    "mail_log": "it keeps a statement from being mailed twice",
    "retired": "it says which rows are gone, so that no day is measured from half of them",
}
"""Tables that are never cut, and why."""


class RetentionSettings(BaseModel):
    """`[retention]`: days that a table keeps its rows; where a table is not named, for ever.

    Attributes:
        files_days: Days that files are kept which no table shows any more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests: Days | None = None
    events: Days | None = None
    rejects: Days | None = None
    files_days: Days = 7

    @model_validator(mode="before")
    @classmethod
    def _never_cut(cls, value: object) -> object:
        for name, why in KEPT_FOR_EVER.items():
            if isinstance(value, dict) and name in value:
                raise ValueError(
                    f"'{name}' cannot be cut: {why}. Take the key out;"
                    " requests, events and rejects can be cut"
                )
        return value

    @property
    def by_table(self) -> dict[str, int]:
        """The tables that are cut, and the days that each keeps."""
        days = {"requests": self.requests, "events": self.events, "rejects": self.rejects}
        return {name: kept for name, kept in days.items() if kept is not None}
