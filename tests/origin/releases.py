"""Stories of a release: how it looks beside those before it."""

from __future__ import annotations

import json

from tests.loopback_index import provenance
from tests.origin.stage import Stage, story


@story("an ordinary release, three weeks old, pinned by its hashes")
def _(stage: Stage) -> None:
    stage.pinned()


@story("a release of this morning", "MLS-R001")
def _(stage: Stage) -> None:
    stage.pinned(0.1)


@story("a release of this morning, of a project the configuration exempts")
def _(stage: Stage) -> None:
    stage.pinned(0.1)
    stage.configure('[release]\nexempt = ["dem*"]\n')


@story("a release of this morning, from an index the configuration exempts")
def _(stage: Stage) -> None:
    stage.pinned(0.1)
    stage.configure('[release]\nexempt-indexes = ["127.0.0.1:*"]\n')


@story("a release of yesterday where a day of waiting is enough")
def _(stage: Stage) -> None:
    stage.pinned(1.5)
    stage.configure('[rules]\nvalues = {cooling_off = "1 day"}\n')


@story("a release of this morning that a published advisory names as its fix")
def _(stage: Stage) -> None:
    stage.history(name="litellm", count=3)
    stage.release(0.1, "1.84.0", "litellm")
    stage.pin("1.84.0", "litellm")


@story("a release that was yanked as broken", "MLS-R002")
def _(stage: Stage) -> None:
    stage.pinned(yanked="broken on Windows")


@story("a release that was yanked without a word", "MLS-R002")
def _(stage: Stage) -> None:
    stage.pinned(yanked="")


@story("a release that was yanked as compromised", "MLS-R003")
def _(stage: Stage) -> None:
    stage.pinned(yanked="account compromised, do not install")


@story("a release of which one file alone was yanked")
def _(stage: Stage) -> None:
    stage.published()[1].yanked = "broken sdist"
    stage.pin()


@story("a project in quarantine", "MLS-R004")
def _(stage: Stage) -> None:
    stage.published()
    stage.index.project("demo").status = "quarantined"
    stage.pin()


@story("an archived project", "MLS-R005")
def _(stage: Stage) -> None:
    stage.published()
    stage.index.project("demo").status = "archived"
    stage.pin()


@story("a deprecated project", "MLS-R005")
def _(stage: Stage) -> None:
    stage.published()
    stage.index.project("demo").status = "deprecated"
    stage.pin()


@story("a pinned release that the index has no more", "MLS-R006")
def _(stage: Stage) -> None:
    stage.history()
    stage.pin("1.82.8")


@story("a pinned project that the index has no more", "MLS-R007")
def _(stage: Stage) -> None:
    stage.pin("1.0", "vanished-project")


@story("the first release of a new project", "MLS-R008")
def _(stage: Stage) -> None:
    stage.release(10)
    stage.pin()


@story("a first release of long ago")
def _(stage: Stage) -> None:
    stage.release(700)
    stage.pin()


@story("a release out of the blue after three years", "MLS-R009")
def _(stage: Stage) -> None:
    stage.history(until=1100)
    stage.release()
    stage.pin()


@story("a release many times as large as the one before", "MLS-R010")
def _(stage: Stage) -> None:
    stage.pinned(size=11_000_000)


@story("a release of which the wheel alone is many times as large as before", "MLS-R010")
def _(stage: Stage) -> None:
    stage.published()[0].size = 11_000_000
    stage.pin()


@story("a release that is large beside its candidate and not beside the release before")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(25, "2.0rc1", size=2_000)
    stage.release()
    stage.pin()


@story("a project that ships compiled code for the first time", "MLS-R011")
def _(stage: Stage) -> None:
    stage.published()
    stage.release(kinds=["wheel"], tag="cp312-cp312-manylinux_2_28_x86_64")
    stage.pin()


@story("a release without the sdist that all before had", "MLS-R012")
def _(stage: Stage) -> None:
    stage.pinned(kinds=["wheel"])


@story("a release without the sdist that some before had and some had not")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(40, "1.9", kinds=["wheel"])
    stage.release(kinds=["wheel"])
    stage.pin()


@story("a second release, without the sdist of the first: once is no habit")
def _(stage: Stage) -> None:
    stage.history(count=1)
    stage.release(kinds=["wheel"])
    stage.pin()


@story("a release without the wheel that all before had", "MLS-R012")
def _(stage: Stage) -> None:
    stage.pinned(kinds=["sdist"])


@story("a wheel added to a release half a year after its siblings", "MLS-R013")
def _(stage: Stage) -> None:
    stage.history(until=430)
    stage.release(400)
    stage.release(200, kinds=["wheel"], tag="py3-none-win_amd64")
    stage.pin()


@story("a lock whose hash of a file is not the index's", "MLS-R014")
def _(stage: Stage) -> None:
    stage.published()
    stage.lock(sha256="1" * 64)


@story("a lock that names a file the index has not", "MLS-R015")
def _(stage: Stage) -> None:
    stage.published()
    stage.lock(filename="demo-2.0-py3-none-win_amd64.whl", sha256="1" * 64)


@story("a requirement whose hash belongs to no file of the release", "MLS-R015")
def _(stage: Stage) -> None:
    stage.published()
    stage.pin(hashes=["1" * 64])


@story("a requirement with a hash, of an index that gives none of its own")
def _(stage: Stage) -> None:
    for file in stage.published():
        file.sha256 = ""
    stage.pin(hashes=["1" * 64])


@story("a release without the attestations that those before had", "MLS-R016")
def _(stage: Stage) -> None:
    stage.pinned(provenance=None)


@story("a release from a project that never had attestations")
def _(stage: Stage) -> None:
    stage.history(provenance=None)
    stage.release(provenance=None)
    stage.pin()


@story("a release published by a stranger's repository", "MLS-R017", "MLS-R018")
def _(stage: Stage) -> None:
    stage.pinned(provenance=provenance(repository="mallory/demo"))


@story("a release published by another person's account", "MLS-R017")
def _(stage: Stage) -> None:
    stage.history(provenance=provenance("Google", email="ann@acme.example"))
    stage.release(provenance=provenance("Google", email="mallory@evil.example"))
    stage.pin()


@story("a release published from the same repository by a renamed workflow, its name in other letters")
def _(stage: Stage) -> None:
    stage.pinned(provenance=provenance(repository="ACME/demo", workflow="publish.yml"))


@story("releases always published from a repository the project does not link to", "MLS-R018")
def _(stage: Stage) -> None:
    other = provenance(repository="acme-build/demo")
    stage.history(provenance=other)
    stage.release(provenance=other)
    stage.pin()


@story("a project that changed hands since the last run", "MLS-R019")
def _(stage: Stage) -> None:
    stage.pinned()
    stage.index.project("demo").ownership = {"organization": None, "roles": [{"role": "Owner", "user": "ann"}]}
    assert stage.fired() == set()
    stage.index.project("demo").ownership = {"organization": None, "roles": [{"role": "Owner", "user": "mallory"}]}
    details = stage.folder.parent / "cache" / "registry"
    for kept in details.iterdir():  # as if six hours had passed
        value = json.loads(kept.read_bytes())
        kept.write_text(json.dumps(value | {"at": value["at"] - 7 * 3600} if "at" in value else value), encoding="utf-8")


@story("a file without attestation, as the release before had one")
def _(stage: Stage) -> None:
    stage.history()
    for days, version in ((50, "1.9"), (20, "2.0")):
        stage.release(days, version, kinds=["wheel"])
        stage.release(days, version, kinds=["sdist"], provenance=None)
    stage.pin()


@story("a wheel without attestation, of a new kind, beside files that have it", "MLS-R011", "MLS-R021")
def _(stage: Stage) -> None:
    stage.history(kinds=["wheel"])
    stage.release(kinds=["wheel"])
    stage.release(kinds=["wheel"], tag="py3-none-win_amd64", provenance=None)
    stage.pin()
