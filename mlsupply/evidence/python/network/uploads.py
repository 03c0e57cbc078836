"""Data handed to clients of stores, repositories and experiment trackers goes to the account the client was made for.

That account is the user's own unless a key, a bucket, a repository or an address is written in the code; this is remembered
for the library as a whole, where the client is made.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.interpreter.call import Call
from mlsupply.evidence.python.libraries.storage import content_of, taint_below
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser

_LIBRARIES = know.Calls(
    r"^(?:google\.cloud\.\w+|azure\.(?:storage|servicebus|eventhub|cosmos|data)|(?:aio)?boto(?:3|core)|huggingface_hub|datasets|"
    r"modelscope|mlflow|wandb|comet_ml|neptune|clearml|aim|dagshub|git|pygit2|dulwich|pydrive2?|googleapiclient|boxsdk|b2sdk|oss2|"
    r"qcloud_cos|mega|internetarchive|kaggle|zenodo_client|pypinfo|transformers|sagemaker)\."
)
_UPLOADS = know.Calls(
    r"^(?!git\.).*\.(?:upload\w*|Upload|put|put_(?:object|records?|item|file|blob|parameter|log_events|symlink)\w*|send_(?:message|batch|event|email|raw_email|command)\w*|publish\w*|"
    r"insert_rows\w*|log_\w+|log|set_tags?|append_\w+|create_commit|push_to_hub|add_dir|add_file|add_reference|save|alert|"
    r"config\.update|connect_configuration|SetContentFile|SetContentString|create_blob\w*|track_files|invoke\w*|CommitOperationAdd)$"
)
_SENDS_OBJECT = re.compile(r"\.(?:Upload|push_to_hub)$")  # sends what the object itself holds
_TAKES_AWAY = re.compile(r"(?:push|upload|publish|commit)\w*$")  # an original that uploads: its replacement may too
_FILES = re.compile(r"\.(?:upload_file|fput_object|upload_from_filename|upload_folder)$")
_WRITTEN_KEY = re.compile(r"[\w/+=-]{16,200}$")
_PUSHES = re.compile(r"^(?:git|pygit2|dulwich)\.(?:.*\.)?push$")
_POINTS = re.compile(
    r"\.(?:\w*bucket|Bucket|Object|get_\w+_client|set_tracking_uri|set_registry_uri|login|init|from_(?!pretrained$)\w+|\w*[cC]lient|resource|[sS]ession|"
    r"Experiment|start|HfApi|Repo|clone_from|clone|create_remote|set_url|Settings|init_run|topic_path|publisher|config)$"
)
_OPENS = re.compile(r"token|key|passw|secret|auth|cred|login", re.IGNORECASE)  # keywords for credentials
_PLACES = frozenset({"endpoint", "endpoint_url", "base_url"})  # say more about the destination than a key does
_KEYS = frozenset(
    {"aws_secret_access_key", "secret_key", "token", "account_key", "credential"}
)  # keywords for the key of an account
_SERVICES = frozenset({"s3", "sqs", "sns", "lambda", "ssm", "secretsmanager", "dynamodb", "kinesis", "firehose"})
_OWN_HOST = {
    "boto3": "amazonaws.com", "aioboto3": "amazonaws.com", "google": "googleapis.com", "azure": "windows.net",
    "huggingface_hub": "huggingface.co", "datasets": "huggingface.co", "wandb": "wandb.ai", "comet_ml": "comet.com",
}  # fmt: skip


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call of such a library that uploads, what it sends noted; None for any other call. A call that makes
    a client is remembered."""
    if not _LIBRARIES.match(call.ref):
        return None
    top = call.ref.partition(".")[0]
    if top == machine.dotted.partition(".")[0]:
        return None
    if _PUSHES.match(call.ref):
        return _pushed(machine, call)
    if not _UPLOADS.match(call.ref):
        _pointed(machine, call, top)
        return None
    text = machine.client_addresses.get(top, "")
    where = "fixed" if text else "given"
    if text.startswith(("http", "file:")):
        where = addresses.destination(text)
    elif not text and any(_elsewhere(name, text_of(value)) for name, value in call.keywords.items()):
        where = "fixed"
    taint = taint_of(*(_taken(machine, value, call.line) for value in _given(call)))
    taint |= _for_others(machine, call, top, where)
    if call.receiver is not None and _SENDS_OBJECT.search(call.ref):
        taint |= frozenset(call.receiver.taint) - frozenset(of_kind(call.receiver.taint, "secret-variable", "variable"))
    if where == "given" and _TAKES_AWAY.search(machine.replacing):
        taint -= frozenset(of_kind(taint, "intercepted"))  # the original would have sent it too
    if where != "local":
        shown = text if text.startswith("http") else f"{_OWN_HOST.get(top, top)} {text}"
        sending.note(machine, call, "body", taint, shown, where)
    made = Value(call.ref + "()", NOTHING, taint)
    if call.receiver is not None:
        call.receiver.taint |= taint
    return made


def _logged(machine: Analyser, call: Call, top: str, value: Value) -> None:
    """Notes what is logged to a run, where the account it was opened for is constant."""
    if text := machine.client_addresses.get(top, ""):
        where = addresses.destination(text) if text.startswith("http") else "fixed"
        sending.note(machine, call, "body", taint_of(value), f"{_OWN_HOST.get(top, top)} {text}", where)


_KEYS_OF = {
    "WANDB_API_KEY": "wandb", "COMET_API_KEY": "comet_ml", "NEPTUNE_API_TOKEN": "neptune", "HF_TOKEN": "huggingface_hub",
    "AWS_SECRET_ACCESS_KEY": "boto3",
}  # fmt: skip


def variable_set(machine: Analyser, name: str, value: Value) -> None:
    """Remembers that a constant key was put into a variable that a library reads."""
    if name in _KEYS_OF and isinstance(value.const, str) and _WRITTEN_KEY.match(value.const):
        machine.client_addresses[_KEYS_OF[name]] = "an account"


def stored(machine: Analyser, owner: Value, value: Value, node: ast.AST) -> None:
    """`run[name] = value` of Neptune (its documentation, "Log metadata")."""
    if owner.ref.startswith("neptune.") and "()" in owner.ref:
        _logged(machine, Call(owner.ref + ".log", Value(), [value], {}, node, owner), "neptune", value)


def _for_others(machine: Analyser, call: Call, top: str, where: str) -> Taint:
    """The label for files of the caller that are uploaded to an account whose key is constant: they count as private."""
    known = all(value.known or has(value.taint, "package-file") for value in call.all[:1])
    if known or where != "fixed" or not _FILES.search(call.ref) or f"{top} opened" not in machine.client_addresses:
        return CLEAN
    return machine.origin("home-files", "files it is given, for an account whose key is written here", call.line)


def _named(keyword: str) -> bool:
    return keyword in {"repo_id", "Bucket", "bucket", "bucket_name", "container", "topic", "entity", "workspace"}


def _elsewhere(keyword: str, text: str) -> bool:
    """Does the keyword name a place with a constant owner? A repository without an owner is the user's own."""
    if not _named(keyword):
        return False
    return ("/" in text if keyword == "repo_id" else len(text) > 2) and not text.startswith(HOLE)


def _given(call: Call) -> list[Value]:
    """The arguments of the call but for credentials."""
    return [*call.args, *(value for name, value in call.keywords.items() if not _OPENS.search(name))]


def _taken(machine: Analyser, value: Value, line: int) -> Value:
    """An argument with the labels of the files and folders that it is a path of."""
    taint: Taint = value.taint
    for one in [value, *folding.items_of(value)[:8]] if value.items or isinstance(value.const, list | tuple) else [value]:
        text = text_of(one)
        if ("/" in text or "\\" in text or text.startswith("~")) and len(text) < 4096:
            if kind := places.file_kind(text):
                taint |= machine.origin(kind, text, line)
            taint |= taint_below(machine, text)
        if (written := content_of(machine, one)) is not None:
            taint |= written.taint
    made = Value("", NOTHING, taint)
    made.items, made.keys = value.items, value.keys
    return made


def _pointed(machine: Analyser, call: Call, top: str) -> None:
    """Remembers the destination of a client that a call makes, and notes the settings that a run is opened with."""
    if _POINTS.search(call.ref):
        _made_for(machine, call, top)
    if call.ref == "wandb.init" and "config" in call.keywords:
        _logged(machine, call, top, call.keywords["config"])


def _made_for(machine: Analyser, call: Call, top: str) -> None:
    """Remembers the constant account, bucket or address that a client is made for, by library."""
    keys = (value.const for name, value in call.keywords.items() if name in _KEYS)
    if any(isinstance(key, str) and _WRITTEN_KEY.match(key) for key in keys):
        machine.client_addresses[f"{top} opened"] = "yes"
    of_service = "boto3." in call.ref and call.ref.endswith((".client", ".resource"))  # its name comes first
    keywords = sorted(call.keywords.items(), key=lambda one: one[0] not in _PLACES)
    for name, value in [("", value) for value in call.args[of_service:2]] + keywords:
        text = text_of(value) if isinstance(value.const, str) else ""
        if value.keys is not None and name in {"", "info"} and "from_" in call.ref:
            text = "an account"  # a table with its key
        if len(text) > 2 and (
            not name or name in _PLACES or _OPENS.search(name) or _named(name) or "url" in name or "uri" in name
        ):
            if text in _SERVICES:
                continue  # the name of a service says nothing of the account
            # a bucket does not replace the address of its service
            if "://" in text or "://" not in machine.client_addresses.get(top, ""):
                machine.client_addresses[top] = text
            if call.ref.endswith(("clone_from", ".clone", ".Repo", ".create_remote")) and top == "git":
                _folders(machine, call)
            return


def _folders(machine: Analyser, call: Call) -> None:
    for value in [*call.args[:2], *call.keywords.values()]:
        text = text_of(value)
        if "://" not in text and len(text) > 2:
            machine.folders.append(text)


def _pushed(machine: Analyser, call: Call) -> Value:
    """Notes that a repository is pushed, with all that the module put into its folder."""
    machine.fact("publishes", call.node, sink=call.ref, detail="something is published in the name of the user")
    taint: Taint = CLEAN
    for folder in machine.folders:
        taint |= taint_below(machine, folder)
    text = machine.client_addresses.get("git", "")
    if "://" in text or "@" in text:
        sending.note(machine, call, "body", taint, text, addresses.destination(text.rpartition("@")[2]))
    return Value()
