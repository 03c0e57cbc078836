"""Content that is no model format, and formats that are recognised and not read."""

from __future__ import annotations

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.pickles import search


def look_at_text(span: Span, look: Look) -> None:
    """Text is data to every loader; nothing to say."""


def look_at_xml(span: Span, look: Look) -> None:
    """PMML and other XML: entities and document types are where its dangers lie."""
    head = span.read(0, 1 << 16)
    if b"<!ENTITY" in head or (b"<!DOCTYPE" in head and (b"SYSTEM" in head or b"PUBLIC" in head)):
        look.doubt(Cause.CONFIG, "XML with its own entities or an outside document type", head.find(b"<!"))
    if b"<PMML" in head:
        look.notes.append("PMML")


def look_at_picture(span: Span, look: Look) -> None:
    """A picture or document; a pickle hidden in it is found by `search`."""
    search(span, look, 0)


def look_at_tflite(span: Span, look: Look) -> None:
    """TensorFlow Lite holds no Python; custom operators need native code beside it and stand in it by name."""
    if span.find(b"FlexPy") >= 0 or span.find(b"PyFunc") >= 0:
        look.block(Cause.OPERATOR, "a TensorFlow Lite model that calls Python", 0)
    look.doubt(Cause.UNSUPPORTED, "TensorFlow Lite: recognised, its operators are not read", 0)


def look_at_native(span: Span, look: Look) -> None:
    look.doubt(Cause.UNSUPPORTED, "native code, which cannot be judged by reading it", 0)
    search(span, look, 0)


def look_at_closed(span: Span, look: Look) -> None:
    look.doubt(Cause.UNSUPPORTED, "an archive of a kind that is not opened here", 0)


def look_at_unknown(span: Span, look: Look) -> None:
    """Bytes of no known format."""
    if not search(span, look, 0):
        look.doubt(Cause.UNSUPPORTED, "no format that is read here", 0)
