"""A report to bytes: one view that orders, counts and phrases once, and one module a format, imported when asked for.

A format is a module with `render(view) -> bytes`. Formats neither sort nor count nor phrase: that is the view's.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from mlsupply.named import NamedTuple
from mlsupply.report.view import View, view_of


class Format(NamedTuple):
    """name: as typed after `-o`; suffix: of a file in this format; module and function: what encodes a view."""

    name: str
    suffix: str
    module: str
    function: str = "render"

    def render(self, view: View) -> bytes:
        """The view in this format, every text in it made inert first; JSON, which is timed, sees to that itself."""
        if self.name != "json":
            from mlsupply.report.inert import inert

            report = inert(view.report)
            view = view if report is view.report else view_of(report)
        render: Callable[[View], bytes] = getattr(import_module(self.module), self.function)
        return render(view)


FORMATS: tuple[Format, ...] = (
    Format("table", ".txt", "mlsupply.report.table"),
    Format("json", ".json", "mlsupply.report.json_"),
    Format("cyclonedx", ".cdx.json", "mlsupply.report.cyclonedx_"),
    Format("cyclonedx-1.7", ".cdx17.json", "mlsupply.report.cyclonedx_", "render_17"),
    Format("cyclonedx-xml", ".cdx.xml", "mlsupply.report.cyclonedx_", "render_xml"),
    Format("sarif", ".sarif", "mlsupply.report.sarif"),
    Format("spdx", ".spdx.json", "mlsupply.report.spdx"),
    Format("markdown", ".md", "mlsupply.report.markdown"),
    Format("html", ".html", "mlsupply.report.html"),
    Format("junit", ".xml", "mlsupply.report.junit"),
    Format("openvex", ".openvex.json", "mlsupply.report.openvex"),
    Format("baseline", ".json", "mlsupply.report.baseline"),
    Format("github", ".txt", "mlsupply.report.github"),
)
