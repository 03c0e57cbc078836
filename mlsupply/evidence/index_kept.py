"""What an index said of a project, as it is kept between runs."""

from __future__ import annotations

from pathlib import Path

from mlsupply.drafts import kept_json
from mlsupply.evidence.index_details import Details
from mlsupply.evidence.index_pages import IndexFile, Project
from mlsupply.hints import Any
from mlsupply.named import NamedTuple

_VERSION = 3  # of the kept form


class Kept(NamedTuple):
    """What was kept of a project. at: when the index said so, in seconds since 1970; etag: by which it is asked whether it
    still says so, "" where it gave none."""

    at: float
    etag: str
    project: Project

    def has(self, version: str) -> bool:
        """Whether the release is among what was kept."""
        return any(file.version == version for file in self.project.files)

    def to_json(self) -> dict[str, Any]:
        """The form `load` reads."""
        project = self.project
        return {
            "version": _VERSION,
            "at": self.at,
            "etag": self.etag,
            "name": project.name,
            "files": [list(file) for file in project.files],
            "status": [project.status, project.status_reason],
            "details": project.details,
            "offers": sorted(project.offers),
        }

    @classmethod
    def load(cls, path: Path) -> Kept | None:
        """What was kept, None where there is nothing or nothing that can be read: then the index is asked."""
        value = kept_json(path)
        try:
            if not value or value["version"] != _VERSION:
                return None
            project = Project(
                name=value["name"],
                files=tuple(IndexFile(*file) for file in value["files"]),
                status=value["status"][0],
                status_reason=value["status"][1],
                details=Details.kept(value["details"]),
                offers=frozenset(value["offers"]),
            )
            return cls(float(value["at"]), str(value["etag"]), project)
        except (KeyError, TypeError, ValueError, IndexError):
            return None
