"""What a CVSS vector says about a flaw, in words: for advisories whose data holds no sentence about it. Pure.

Sources: CVSS v3.1 and v4.0 specifications (FIRST), tables of the base metrics.
"""

from __future__ import annotations

from collections.abc import Mapping

_WAYS = {"N": "over the network", "A": "on the same network", "L": "on the machine itself", "P": "with physical access"}
_ACCOUNTS = {"N": "without an account", "L": "with an account", "H": "with a privileged account"}
_HELP = {"R": ", helped by a user", "A": ", helped by a user", "P": ", while a user works with it"}
_MUCH = {"H": "everything", "L": "some of it"}
_STOPS = {"H": "stop it", "L": "slow it down"}
FROM_VECTOR = " (CVSS vector)"  # says that these are no words of whoever found the flaw
_LONGEST = 400  # characters; those of version 4 with all metrics have some 200


def words_of(vector: str) -> str:
    """`Lets an attacker read and change everything and stop it, over the network, without an account (CVSS vector).`; "" for
    what is no whole vector of version 3 or 4. The harm comes first: a narrow terminal cuts the end."""
    version, _, rest = vector[:_LONGEST].partition("/")
    if not version.startswith(("CVSS:3.", "CVSS:4.")):
        return ""
    metrics = dict(part.split(":", 1) for part in rest.split("/") if ":" in part)
    way, account = _WAYS.get(metrics.get("AV", "")), _ACCOUNTS.get(metrics.get("PR", ""))
    harm = _harm(metrics, "V" if version.startswith("CVSS:4") else "")
    if not way or not account or not harm:
        return ""
    return f"Lets an attacker {harm}, {way}, {account}{_HELP.get(metrics.get('UI', ''), '')}{FROM_VECTOR}."


def _harm(metrics: Mapping[str, str], prefix: str) -> str:
    read, change = (_MUCH.get(metrics.get(prefix + metric, "")) for metric in "CI")
    if read == change:
        said = [f"read and change {read}"] if read else []
    else:
        said = [f"{verb} {much}" for verb, much in (("read", read), ("change", change)) if much]
    stops = _STOPS.get(metrics.get(f"{prefix}A", ""))
    parts = [*said, stops] if stops else said
    return " and ".join([*([", ".join(parts[:-1])] if parts[:-1] else []), *parts[-1:]])
