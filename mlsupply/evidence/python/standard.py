"""What belongs to Python itself, by name: the same on every Python this program runs on, so that its answers are."""

from __future__ import annotations

import builtins
import sys
from typing import Final

# Modules that Python 3.11 had and a later one has not, and those that came up to 3.15.
_GONE: Final = (
    "_bootsubprocess _compression _crypt _msi _sha256 _sha512 aifc asynchat asyncore audioop cgi cgitb chunk crypt "
    "distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes smtpd sndhdr spwd sre_compile sre_constants "
    "sre_parse sunau telnetlib uu xdrlib"
)
_NEW: Final = (
    "_android_support _apple_support _ast_unparse _colorize _hmac _interpchannels _interpqueues _interpreters _ios_support "
    "_math_integer _opcode_metadata _py_warnings _pydatetime _pylong _pyrepl _remote_debugging _sha2 _suggestions "
    "_sysconfig _types _wmi _zstd annotationlib compression profiling"
)
MODULES: Final = sys.stdlib_module_names | frozenset((*_GONE.split(), *_NEW.split()))
BUILTINS: Final = frozenset(
    (*dir(builtins), "PythonFinalizationError", "ImportCycleError", "__lazy_import__", "frozendict", "sentinel")
)
"""Builtin functions, types and exceptions up to Python 3.15."""
KEYWORDS: Final = frozenset(("type", "lazy"))
"""Soft keywords that Python 3.11 does not have yet."""
