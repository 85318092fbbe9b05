"""daytally.toml, read and checked whole before any work; seen by cli and pipeline alone."""

from etl.settings.chains import ChainSettings, StepSettings
from etl.settings.load import PROJECT_FILE, load_settings
from etl.settings.model import (
    MailSettings,
    ProjectSettings,
    RouteSettings,
    Settings,
    SourceSettings,
)

__all__ = [
    "PROJECT_FILE",
    "ChainSettings",
    "MailSettings",
    "ProjectSettings",
    "RouteSettings",
    "Settings",
    "SourceSettings",
    "StepSettings",
    "load_settings",
]
