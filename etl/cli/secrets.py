"""Reads from the environment what must not stand in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from etl.errors import ConfigError

if TYPE_CHECKING:
    from etl.pipeline.project import Project
    from etl.pipeline.sending import MailSecrets


def mail_secrets(project: Project) -> MailSecrets:
    """Return user name and password from the variables that `[mail]` names.

    Raises:
        ConfigError: A named variable is not set.
    """
    from etl.pipeline.sending import MailSecrets

    mail = project.settings.mail
    if mail is None:
        return MailSecrets(None, None)
    return MailSecrets(_read(mail.username_env), _read(mail.password_env))


def _read(variable: str | None) -> str | None:
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise ConfigError(
            f"daytally.toml, [mail], names the environment variable {variable}, which is not set"
        )
    return value
