"""Python code that comes with a model: a handler, or the module an `auto_map` names. Parsed, never imported.

Code is never clear: at best it does nothing known to be hostile, and then it is not verified.
"""

from __future__ import annotations

import ast

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.names import words
from mlsupply.evidence.python.syntax import newer, quietly
from mlsupply.text import safe

_MOST = 1 << 20
_HOSTILE = words(
    """
    os.system os.popen os.execv os.execve os.execvp os.execl os.spawnl os.spawnv os.posix_spawn os.fork os.remove os.unlink
    os.putenv pty.spawn subprocess.run subprocess.call subprocess.Popen subprocess.check_output subprocess.check_call
    subprocess.getoutput subprocess.getstatusoutput eval exec compile __import__ builtins.eval builtins.exec pickle.loads
    marshal.loads socket.socket socket.create_connection urllib.request.urlopen urllib.request.urlretrieve ctypes.CDLL
    requests.get requests.post requests.request httpx.get httpx.post runpy.run_path runpy.run_module shutil.rmtree
    importlib.import_module webbrowser.open ftplib.FTP smtplib.SMTP http.client.HTTPSConnection
    """
)


def judge_code(span: Span, look: Look, what: str) -> None:
    """Block code that calls what no model needs; otherwise say that it is code. what: how a loader comes by it."""
    look.saw("python code")
    source = span.read(0, _MOST)
    try:
        tree = quietly.tree_of(source)
    except SyntaxError as error:
        look.doubt(Cause.CONFIG, f"{what}: Python code that cannot be parsed: {safe(newer.told(error), 80)}", 0)
        return
    except (ValueError, LookupError, RecursionError, MemoryError):
        look.doubt(Cause.CONFIG, f"{what}: Python code that cannot be parsed", 0)
        return
    names = _imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _dotted(node.func, names)) in _HOSTILE:
            look.block(Cause.CALL, f"{what}: line {node.lineno} calls {called}", -1)
    look.doubt(Cause.CONFIG, f"{what}: Python code, which is not judged further", 0)


def _imports(tree: ast.Module) -> dict[str, str]:
    """Local name to what it was imported as."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                names[item.asname or item.name.partition(".")[0]] = item.name if item.asname else item.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])
