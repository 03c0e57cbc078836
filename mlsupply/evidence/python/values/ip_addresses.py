"""Abstract IP addresses and networks (`ipaddress`), with the arithmetic that leads from one to another."""

from __future__ import annotations

import ast
import ipaddress
from typing import Any

from mlsupply.evidence.python.values.value import NOTHING, Taint, Value, constant

_FEW = 8  # addresses of a network that are told apart: more would only be the hosts of somebody's network


class Addresses(Value):
    """An IP address or a network. first: the number of its first address; count: how many it has."""

    __slots__ = ("count", "first")

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.first, self.count = 0, 0

    def at(self, place: int) -> Value | None:
        """The address so many behind the first, or behind the last of a network where negative; None if there is none."""
        number = self.first + (place + self.count if place < 0 and self.count > 1 else place)
        try:
            return address(ipaddress.ip_address(number), self.layers, self.taint)
        except ValueError:
            return None


def address(one: ipaddress.IPv4Address | ipaddress.IPv6Address, layers: tuple[str, ...], taint: Taint) -> Value:
    """An address, with its parts."""
    made = Addresses("", NOTHING, taint, str(one), layers)
    made.first, made.count = int(one), 1
    parts = {"packed": one.packed, "compressed": str(one), "exploded": one.exploded, "ip": str(one)}
    made.keys = {name: constant(part, layers, taint) for name, part in parts.items()}
    return made


def network(whole: ipaddress.IPv4Network | ipaddress.IPv6Network, layers: tuple[str, ...], taint: Taint) -> Value:
    """A network, with its first and last address, and all of them where they are few."""
    made = Addresses("", NOTHING, taint, str(whole), layers)
    made.first, made.count = int(whole.network_address), whole.num_addresses
    ends = {"network_address": made.at(0), "broadcast_address": made.at(made.count - 1)}
    made.keys = {name: one for name, one in ends.items() if one is not None}
    if made.count <= _FEW:
        made.items = [one for place in range(made.count) if (one := made.at(place)) is not None]
    return made


def entry(owner: Value, key: Value) -> Value | None:
    """`owner[key]` of a network; None for anything else."""
    return owner.at(key.const) if isinstance(owner, Addresses) and owner.count and type(key.const) is int else None


def method(owner: Value, name: str) -> Value | None:
    """The result of `hosts()` of a small network; None for any other method."""
    if not isinstance(owner, Addresses) or name != "hosts" or owner.items is None:
        return None
    made = Value("", NOTHING, owner.taint, layers=owner.layers)
    made.items = owner.items[1:-1] if len(owner.items) > 2 else owner.items
    return made


def moved(kind: type[ast.operator], left: Value, right: Value) -> Value | None:
    """An address plus or minus a number; None for any other operation."""
    if not isinstance(left, Addresses) or left.count != 1 or type(right.const) is not int:
        return None
    return left.at(right.const if kind is ast.Add else -right.const) if kind in {ast.Add, ast.Sub} else None
