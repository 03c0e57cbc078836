"""The engine of the name check with the lists that come with the package."""

from __future__ import annotations

from mlsupply.evidence.popular import NAME_DATA, english, mistaken, popular
from mlsupply.ruleset.names import Names, Reviewed


def reviewed() -> Reviewed:
    """Brands, words and import names of `reviewed.toml`, the neighbours and words of the language."""
    import tomli

    data = tomli.loads((NAME_DATA / "reviewed.toml").read_text(encoding="utf-8"))
    return Reviewed(
        brands={word: (project, theme) for theme, brands in data["brands"].items() for word, project in brands.items()},
        words={word: kind for kind, words in data["words"].items() for word in words},
        imports=data["imports"],
        neighbours=popular().neighbours,
        mistaken=mistaken(),
        english=english(),
        by_hand=frozenset(data["by_hand"]["names"]),
        services=frozenset(data["services"]["names"]),
    )


def engine(neighbours: frozenset[str] = frozenset()) -> Names:
    """The engine with the lists of the package and the user's neighbours."""
    return Names(popular().names, reviewed(), neighbours)
