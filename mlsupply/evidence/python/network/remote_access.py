"""Calls that open the machine to others, or act with the user's rights elsewhere: file servers, tunnels, debuggers,
containers with access to the host, remote commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands.run_facts import noted
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.evidence.python.commands.shell_kinds import OTHERS_KEY
from mlsupply.evidence.python.libraries.text_runners import EXAMPLE
from mlsupply.evidence.python.network import addresses, misdirected_keys
from mlsupply.evidence.python.syntax import quietly
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, Value, command_text, legible, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_CALLS = know.Calls(
    r"^(?:doctest|http\.server|socketserver|aiohttp\.web|pyftpdlib|rpyc|debugpy|pydevd|docker|podman|python_on_whales|pyngrok|ngrok|sshtunnel|paramiko|asyncssh|fabric|openai|anthropic|"
    r"transformers|kubernetes|crontab|boto3|ray\.job_submission|smb|smbprotocol|impacket|winrm|pypsexec|wmi|huggingface_hub|psutil|os\.kill|os\.chmod|torch\.hub|asyncio\..{1,60}\.create_(?:datagram_endpoint|connection)|os\.chdir|github|notebook|jupyterlab|jupyter_server)\b"
)
_SERVERS = expression(
    r"^(?:http\.server\.(?:Threading)?HTTPServer|socketserver\.(?:Threading)?TCPServer|http\.server\.test)$"
)
_HANDLER = "http.server.SimpleHTTPRequestHandler"
_TUNNELS = expression(
    r"^(?:pyngrok\.ngrok\.connect|ngrok\.(?:forward|connect)|pyngrok\.conf\.\w+|paramiko\..*\.request_port_forward|"
    r"asyncssh\..*\.forward_remote_(?:port|socket)\w*)$"
)
_LISTENS = expression(r"^(?:debugpy\.(?:listen|enable_attach)|rpyc\.(?:utils\.server\.)?\w*Server|rpyc\.classic\.\w+)$")
_REMOTE_MODELS = expression(r"^(?:transformers\..*from_pretrained|transformers\.pipeline|torch\.hub\.load)$")
_WRITES = expression(
    r"^huggingface_hub\.(?:\w+\(\)\.)?(?:upload_(?:file|folder|large_folder)|create_commit)$|^github\..*\.(?:create_file|update_file|create_repo|create_gist|create_git_\w+|create_secret|create_pull)$"
)


def looked_for(machine: Analyser, call: Call) -> None:
    """Notes what a call of such a library does. Its result is left to other models."""
    ref = call.ref
    if not _CALLS.match(ref):
        return
    handler = next((handler for shape, handler in _HANDLERS if shape.match(ref)), None)
    if handler is not None:
        handler(machine, call)


def _moved(machine: Analyser, call: Call) -> None:
    machine.folder = text_of(call.args[0]) if call.args else ""


def _placed(machine: Analyser, call: Call) -> None:
    machine.folder = text_of(call.keywords.get("directory", Value()))


def _tunnel(machine: Analyser, call: Call) -> None:
    pointed_to = machine.client_addresses.get(call.ref.partition(".")[0], "")
    others = addresses.destination(pointed_to) == "fixed" and any("PRIVATE KEY-----" in line for line in machine.lines)
    _opened(machine, call, "a tunnel through which others come in", "encoded" if others else "")


def _transport(machine: Analyser, call: Call) -> None:
    """Remembers the host of an SSH connection."""
    place = call.arg(0, "sock", "hostname", "host") or Value()
    parts = [] if isinstance(place.const, str) else folding.items_of(place)
    if "." in (text := text_of((parts or [place])[0])):
        machine.client_addresses[call.ref.partition(".")[0]] = text


def _publishes(machine: Analyser, call: Call) -> None:
    if call.ref.startswith("huggingface_hub.") and not any(has(value.taint, "package-file") for value in call.all):
        return  # it uploads results of the user; a worm uploads its own files
    machine.fact("publishes", call.node, sink=call.ref, detail="something is published in the name of the user")


def _listens(machine: Analyser, call: Call) -> None:
    """Notes a debugger or a server of objects that accepts anybody."""
    everywhere = any("0.0.0.0" in text_of(one) for value in call.all for one in [value, *folding.items_of(value)[:2]])  # noqa: S104  # compares
    if call.ref.startswith("debugpy") and everywhere:
        _opened(machine, call, "a debugger that anybody can enter")
    elif any(re.search(r"\.(?:Slave|Classic)Service$", value.ref) for value in call.all):
        _opened(machine, call, "a server that anybody can enter")


def _opened(machine: Analyser, call: Call, what: str, source: str = "") -> None:
    machine.fact("opens-host", call.node, source=source, sink=call.ref, detail=what)


def _server(machine: Analyser, call: Call) -> None:
    """Notes a server of a folder with private files, and follows the methods of a request handler of this module."""
    if len(call.args) < 2:
        return
    place, handler = call.args[0], call.args[1]
    host = text_of((folding.items_of(place) or [Value()])[0])
    folder = text_of(handler.bound.keywords["directory"]) if handler.bound and "directory" in handler.bound.keywords else ""
    before, machine.folder = machine.folder, folder or machine.folder
    serves = handler.ref == _HANDLER
    if handler.closure is not None and isinstance(handler.closure.node, ast.ClassDef):
        serves = _HANDLER in machine.class_state(handler.closure).bases
        made = machine.call(handler, [Value(), Value(), Value()], {}, call.node)
        answers = [one for name, one in machine.class_state(handler.closure).methods.items() if name.startswith("do_")]
        for method in answers:  # requests are answered from now on
            machine.enter(method, [made], {}, call.node)
    kind = places.file_kind(machine.folder) or ("home-files" if machine.folder in {"/", "~", "~/", "C:/", "C:\\"} else "")
    if serves and kind and not re.match(r"127\.|localhost|::1", host):
        shown = legible(machine.folder, 80)
        machine.fact(
            "sends", call.node, source=kind, sink=call.ref, destination="fixed", position="body",
            detail=f"whoever asks, by a server of {shown}",
        )  # fmt: skip
    machine.folder = before if folder else machine.folder


def container_by_shape(machine: Analyser, call: Call, name: str) -> None:
    """Notes a container with access to the host that is started by a method of an unknown client
    (`client.containers.run(...)`)."""
    node = call.node.func.value if isinstance(call.node, ast.Call) and isinstance(call.node.func, ast.Attribute) else None
    if name in {"run", "create"} and isinstance(node, ast.Attribute) and node.attr == "containers" and not call.ref:
        _container(machine, call._replace(ref=f"docker.containers.{name}"))


def _container(machine: Analyser, call: Call) -> None:
    """Notes a container that mounts the whole disk, or that gets every right or all processes of its host."""
    if not call.ref.endswith((".run", ".create", ".create_container", ".create_host_config", ".HostConfig", ".Mount")):
        return
    source = call.arg(1, "source") if call.ref.endswith(".Mount") else None
    folders = [text_of(source)] if source is not None else _mounted(call)
    if _is_privileged(call) or any(folder == "/" or folder.startswith("/:/") for folder in folders):
        given = [*call.args, *(call.keywords[name] for name in ("command", "entrypoint") if name in call.keywords)]
        told = " ".join(command_text(value) for value in given)
        inside = bool(deeds(told)) or _enters_host(told, _places_of_disk(call)) or _is_handed_over(call)
        _opened(machine, call, "a container or process that holds the whole host", "received" if inside else "")


_ENTERS = expression(r"\bchroot\s|\brelease_agent\b")
_CHANGES = r"(?:\b(?:cp|mv|ln|install|tee|rsync|dd|sed|touch|mkdir|rm|chmod|chown)\b[^\n;|&]{0,200}?[\s=]|>\s{0,4})[\"']?"


def _enters_host(told: str, places_of_disk: list[str]) -> bool:
    """Does a command go over to the host, or change something on its disk? places_of_disk: where the container has that."""
    if _ENTERS.search(told):
        return True
    return any(re.search(_CHANGES + re.escape(one) + "/", told) for one in places_of_disk if len(one) > 1)


def _places_of_disk(call: Call) -> list[str]:
    """Where in the container the whole disk of the host lies, and may be written to."""
    found = list[str]()
    for name in {"volumes", "binds"} & call.keywords.keys():
        folders = call.keywords[name]
        table = containers.entries(folders) if folders.keys or isinstance(folders.const, dict) else {}
        bound = containers.entries(table.get("/", Value()))
        if "bind" in bound and text_of(bound.get("mode", Value())) != "ro":
            found.append(text_of(bound["bind"]))
        for one in folding.items_of(folders) if not table else ():
            source, _, rest = text_of(one).partition(":")
            if source == "/" and not rest.endswith(":ro"):
                found.append(rest.partition(":")[0])
    return found


def _is_handed_over(call: Call) -> bool:
    """Does an image that is written in the code get all rights on the host and its disk to write on, with nothing to do but
    what the image says, and start again whenever it ends?"""
    image = call.arg(0, "image")
    lasts = {"restart_policy", "detach"} & call.keywords.keys()
    own = image is not None and isinstance(image.const, str) and len(call.args) < 2 and "command" not in call.keywords
    return own and bool(lasts) and _is_privileged(call) and bool(_places_of_disk(call))


def _mounted(call: Call) -> list[str]:
    """The folders of the host that a container gets: keys of a dict, items of a list, or their first or `source` item."""
    found = list[str]()
    for name in {"volumes", "binds", "mounts"} & call.keywords.keys():
        folders = call.keywords[name]
        found += map(str, folders.const if isinstance(folders.const, dict) else folders.keys or {})
        if isinstance(folders.const, str | dict) or folders.keys:
            continue
        for one in folding.items_of(folders):
            named = (
                one.const
                if isinstance(one.const, dict)
                else {name: text_of(value) for name, value in (one.keys or {}).items()}
            )
            first = one if isinstance(one.const, str) else (folding.items_of(one) or [one])[0]
            found.append(str(named.get("source", "")) if named else text_of(first))
    return found


def _is_privileged(call: Call) -> bool:
    """Is a container asked for that may do whatever its host may?"""
    given = {
        name: call.keywords[name] for name in {"privileged", "pid_mode", "pid", "cap_add", "devices"} & call.keywords.keys()
    }
    if "privileged" in given and given["privileged"].const is True:
        return True
    rights = [
        text_of(one) for name in given.keys() - {"privileged"} for one in [given[name], *folding.items_of(given[name])]
    ]
    return any(_RIGHTS.match(one) for one in rights)


_RIGHTS = expression(r"host$|ALL$|(?:CAP_)?SYS_(?:ADMIN|MODULE|PTRACE)$|/dev/(?:sd|nvme|vd|xvd|dm-|mem)")
_PODS = expression(r"\.create_namespaced_(?:pod|daemon_set|deployment|job|replica_set|stateful_set|cron_job)$")


def _pod(machine: Analyser, call: Call) -> None:
    """Notes a pod that mounts the disk of its node."""
    if not _PODS.search(call.ref) and not call.ref.endswith((".create_from_dict", ".create_from_yaml")):
        return
    shown = " ".join(_flat(value) for value in call.all)
    if re.search(r"['\"]?(?:hostPath|host_path)", shown) and re.search(
        r"['\"]?path['\"]?: ?['\"]?/['\"\s}]|V1HostPath", shown
    ):
        _opened(machine, call, "a container or process that holds the whole host", "received" if deeds(shown) else "")


def _flat(value: Value, depth: int = 6) -> str:
    """The known parts of a nested value, as text."""
    if value.known or depth == 0:
        return str(value.const)[:20_000] if value.known else ""
    inner = [f"'{name}': {_flat(one, depth - 1)}" for name, one in list((value.keys or {}).items())[:40]]
    return " ".join([*inner, *(_flat(one, depth - 1) for one in (value.items or [])[:40])])


def _model(machine: Analyser, call: Call) -> None:
    """Notes that loading a model of a fixed name runs the code in its repository."""
    trusted = call.keywords.get("trust_remote_code")
    named = call.arg(0, "pretrained_model_name_or_path", "repo_or_dir", "model")
    hub = call.ref == "torch.hub.load" and text_of(call.keywords.get("source", Value())) != "local"
    if named is None or not isinstance(named.const, str) or has(named.taint, "parameter"):
        return
    if hub or (trusted is not None and trusted.const is True):
        detail = f"code that lies beside the model {safe(named.const, 80)} is run"
        machine.fact("executes", call.node, source="received", sink=call.ref, detail=detail)


def _entered(machine: Analyser, call: Call) -> None:
    """Notes an entry for cron."""
    command = call.arg(0, "command")
    done = deeds(text_of(command)) if command is not None else []
    machine.fact("persists", call.node, sink=call.ref, source="received" if done else "", detail="a cron entry")


_WATCHERS = expression(
    r"""(?i)["'/][^"'\n]{0,40}?(?<![a-z])(falcon-?sensor|falcond|csfalcon|crowdstrike|auditd|osquery|wazuh|MsMpEng|"""
    r"""clam(?:d|av|scan)|sentinel(?:one|agent)|cbdefense|carbonblack|kaspersky|bitdefender|sysmon|mdatp|cylance|"""
    r"""wireshark|procmon)"""
)
"""Security programs, as they stand in lists. `falcon` or `clam` alone may be a model or `clamp`; comments do not count."""


def _ended(machine: Analyser, call: Call) -> None:
    """Notes that programs are ended, where the module names security programs."""
    if not _WATCHERS.search("\n".join(machine.lines)):
        return
    comments = _texts_about_code(machine.lines)
    code = (line for at, line in enumerate(machine.lines, 1) if at not in comments and not line.lstrip().startswith("#"))
    if found := _WATCHERS.search("\n".join(code)):
        machine.fact("evades", call.node, sink=call.ref, detail=f"security programs are ended: {safe(found[1], 40)}")


_READS_TEXTS = expression(r"__doc__|get_?doc|getsource|findsource|getcomments|pydoc|linecache")


def _texts_about_code(lines: list[str]) -> set[int]:
    """The numbers of the lines that hold only an unused string, such as a docstring; none where the module reads docstrings
    or its own source."""
    source = "\n".join(lines)
    if _READS_TEXTS.search(source):
        return set()
    try:
        tree = quietly.tree_of(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    said = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    return {at for one in said if _is_alone(one, lines) for at in range(one.lineno, (one.end_lineno or one.lineno) + 1)}


def _is_alone(text: ast.Constant, lines: list[str]) -> bool:
    """Is there nothing else on the lines of this string?"""
    last = lines[(text.end_lineno or text.lineno) - 1].encode()
    return not lines[text.lineno - 1][: text.col_offset].strip() and not last[text.end_col_offset or 0 :].strip()


def _connected(machine: Analyser, call: Call) -> None:
    """Follows `connection_made` of a protocol of this module, with the connection it gets."""
    place = call.keywords.get("remote_addr") or (call.args[1] if len(call.args) > 1 else Value())
    made = machine.call(call.args[0], [], {}, call.node) if call.args else Value()
    method = made.instance.methods.get("connection_made") if made.instance is not None else None
    if method is not None:
        parts = [] if isinstance(place.const, str) else folding.items_of(place)
        host = text_of((parts or [place])[0])
        kind = "socket.socket()" if call.ref.endswith("endpoint") else "asyncio.open_connection()"
        machine.enter(method, [made, Value(kind, text=host)], {}, call.node)


def _examples(machine: Analyser, call: Call) -> None:
    """Follows the examples that `doctest` runs: in the docstring of a function, in a text, or in those of a
    module."""
    if not machine.running or not machine.code_depth:
        of = call.args[0] if call.args else Value()
        node = of.closure.node if of.closure is not None else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            text = ast.get_docstring(node) or ""
        elif isinstance(of.const, str):
            text = of.const
        else:
            text = "\n".join(machine.lines_of(of.ref))
        for block in re.split(r"\n[ \t]*\n|\"\"\"", text):
            if code := "\n".join(EXAMPLE.findall(block)):
                machine.run_text(code, (), call.line)


_ELSEWHERE = expression(
    r"^(?:fabric\.\w{0,20}Connection\(\)\.(?:run|sudo|local)|paramiko\..*\.exec_command|asyncssh\..*\.(?:run|create_process))$"
)


# Calls that run something, or grant rights, on machines and accounts of the user.
_ACTS_THERE = expression(
    r"^boto3\..*\.(?:send_command|update_function_code|create_access_key|attach_user_policy|put_user_policy|create_login_profile|"
    r"update_assume_role_policy|put_role_policy|attach_role_policy|authorize_security_group_ingress|modify_instance_attribute|"
    r"run_instances)$|"
    r"^kubernetes\..*\.(?:stream|create_cluster_role_binding|patch_namespaced_\w+)$|^ray\.job_submission\..*\.submit_job$|"
    r"^smb\..*\.storeFile\w*$|^winrm\..*\.run_(?:cmd|ps)$|^pypsexec\..*\.run_executable$|^wmi\.WMI\(\)\.Win32_Process\.Create$|"
    r"^impacket\..*\.(?:putFile|hRCreateServiceW|execute_remote)$"
)


def _acts_there(machine: Analyser, call: Call) -> None:
    """Notes a call that runs something, or grants rights, on machines or in an account of the user."""
    name = call.ref.rpartition(".")[2]
    _opened(machine, call, f"machines or accounts that the user can reach are acted on: {name}")


def _commanded(machine: Analyser, call: Call) -> None:
    """Notes a command over SSH that opens the other machine, or that runs on machines found in SSH's own files."""
    place = call.receiver.taint if call.receiver is not None else CLEAN
    if has(place, "neighbour"):
        _opened(machine, call, "a command is run on the machines that SSH knows")
    for deed in deeds(text_of(call.args[0])) if call.args else ():
        if deed.variant == OTHERS_KEY or deed.behaviour == "remote-control":
            noted(machine, call, deed, machine.silent > 0)


_SETS_OWNER = expression(r"os\.chmod$")
_SET_USER_ID = 0o4000


def _set_owner(machine: Analyser, call: Call) -> None:
    """Notes a set-user-ID bit: who starts the program gets the rights of its owner."""
    mode = call.arg(1, "mode")
    if mode is not None and type(mode.const) is int and mode.const & _SET_USER_ID:
        _opened(machine, call, f"whoever starts {legible(text_of(call.args[0]), 60)} becomes its owner")


_HANDLERS: tuple[tuple[re.Pattern[str], Callable[[Analyser, Call], None]], ...] = (
    (expression(r"os\.chdir$"), _moved),
    (expression(r"doctest\.(?:testmod|run_docstring_examples|\w*Runner\(\)\.run)$"), _examples),
    (_SERVERS, _server),
    (expression(re.escape(_HANDLER) + r"\(\)\.__init__$"), _placed),
    (_TUNNELS, _tunnel),
    (_LISTENS, _listens),
    (_ACTS_THERE, _acts_there),
    (expression(r"(?:docker|podman|python_on_whales)\."), _container),
    (expression(r"kubernetes\."), _pod),
    (_REMOTE_MODELS, _model),
    (expression(r"crontab\.CronTab\(\)\.new$"), _entered),
    (expression(r"psutil\..*\.(?:kill|terminate|suspend)$|os\.kill$"), _ended),
    (expression(r"asyncio\."), _connected),
    (_SETS_OWNER, _set_owner),
    (_WRITES, _publishes),
    (expression(r"(?:openai|anthropic)\."), misdirected_keys.opened),
    (_ELSEWHERE, _commanded),
    (expression(r"paramiko\.(?:Transport|.*\.connect)$|asyncssh\.connect$"), _transport),
)
