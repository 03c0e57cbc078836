"""Names a pickle may mention: the small words the lists are written with, and the names of Python 2.

What may be called stands in `names_allowed`, what must not in `names_hostile`. The judgement does not depend on what is
installed: nothing is imported and nothing is looked up on the machine. A name in no list is not verified, with one
exception: pickles written by ordinary code call no function of the standard library outside `CALLS`, so such a call is
blocked.

Facts (which callables are gadgets) come from published advisories of picklescan, fickling and modelscan and from the
documentation of the libraries.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def table(text: str) -> dict[str, frozenset[str]]:
    """`module: name name` lines to module -> names; a module may come twice."""
    found: dict[str, frozenset[str]] = {}
    for line in text.strip().splitlines():
        module, _, names = line.strip().partition(": ")
        found[module] = found.get(module, frozenset()) | frozenset(names.split())
    return found


# Protocol 0 to 2 name modules as Python 2 did; the unpickler renames them (CPython's fix_imports).
PYTHON2 = {
    "__builtin__": "builtins",
    "exceptions": "builtins",
    "copy_reg": "copyreg",
    "cPickle": "pickle",
    "Queue": "queue",
    "commands": "subprocess",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
    "ConfigParser": "configparser",
    "SocketServer": "socketserver",
    "UserDict": "collections",
    "UserList": "collections",
    "UserString": "collections",
    "StringIO": "io",
    "cStringIO": "io",
    "thread": "_thread",
    "_winreg": "winreg",
    "httplib": "http.client",
    "itertools.imap": "builtins.map",
    "posix": "os",
    "nt": "os",
    "_io": "io",
    "_functools": "functools",
    "_operator": "operator",
    "_pickle": "pickle",
    "_codecs": "codecs",
    "_socket": "socket",
    "_ssl": "ssl",
    "_thread": "threading",
    "_datetime": "datetime",
    "_decimal": "decimal",
    "_collections": "collections",
    "_weakref": "weakref",
    "_signal": "signal",
    "_struct": "struct",
}
# module and name, as resolved so far -> the module and name that are meant
PYTHON2_MOVED = {
    ("builtins", "reduce"): ("functools", "reduce"),
    ("builtins", "intern"): ("sys", "intern"),
    ("itertools", "izip"): ("builtins", "zip"),
    ("itertools", "imap"): ("builtins", "map"),
    ("itertools", "ifilter"): ("builtins", "filter"),
    ("itertools", "ifilterfalse"): ("itertools", "filterfalse"),
    ("itertools", "izip_longest"): ("itertools", "zip_longest"),
}
PYTHON2_NAMES = {
    ("builtins", "unicode"): "str",
    ("builtins", "long"): "int",
    ("builtins", "xrange"): "range",
    ("builtins", "unichr"): "chr",
    ("collections", "IterableUserDict"): "UserDict",
    ("builtins", "basestring"): "str",
    ("builtins", "StandardError"): "Exception",
}
