"""Taint labels for the settings of web applications (Flask, Quart, Django).

The labels `secret-variable:flask.config…` and `secret-variable:django.conf.settings…` are for secrets of the application
itself. The key of a service has the label of an environment variable of the same name.
"""

from __future__ import annotations

import re

from mlsupply.evidence.python import places
from mlsupply.evidence.python.values.value import CLEAN, Taint, Value

ALL = "secret-variable:flask.config"
DJANGO = frozenset({"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "EMAIL_HOST_PASSWORD", "CACHES"})
NAMES = DJANGO | {"config", "secret_key"}
_FLASK = frozenset(
    {
        "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_BINDS", "JWT_SECRET_KEY",
        "WTF_CSRF_SECRET_KEY", "SECURITY_PASSWORD_SALT", "MAIL_PASSWORD", "DATABASE_URL", "MONGO_URI",
    }
)  # fmt: skip
_WHOLE = frozenset({"items", "values", "get", "copy", "pop", "setdefault", "get_namespace"})
_APPLICATION = re.compile(r"(?:flask|quart)\.(?:current_app|(?:Flask|Quart)\(\))$")
_GIVEN = re.compile(r"parameter:(?:app|application|flask_app|current_app)$")


def source(owner: Value, name: str) -> Taint:
    """The labels of `owner.name` where that is a secret setting of an application, or all its settings; the empty set for
    anything else."""
    if name in DJANGO:
        return frozenset((f"secret-variable:{owner.ref}.{name}",)) if owner.ref == "django.conf.settings" else CLEAN
    given = not owner.ref and len(owner.taint) == 1 and any(map(_GIVEN.match, owner.taint))
    if not given and not _APPLICATION.match(owner.ref):
        return CLEAN
    return frozenset((ALL if name == "config" else f"{ALL} SECRET_KEY",))


def attribute(taint: Taint, name: str) -> Taint:
    """The labels of an attribute of an object with these labels: of all settings, only methods that give several keep the
    label for all."""
    return taint if name in _WHOLE else taint - {ALL}


def entry(taint: Taint, key: str) -> Taint:
    """The labels of the setting under this key. taint: the labels of all settings."""
    others = taint - {ALL}
    if key in _FLASK:
        return others | {f"{ALL} {key}"}
    return others | {f"secret-variable:{key}"} if places.is_secret(key) else others
