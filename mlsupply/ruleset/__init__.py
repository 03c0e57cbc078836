"""The rule language: YAML files that judge facets. Pure but for reading the package's own data files.

For the author of a probe
-------------------------
1. Write a facet: a frozen, slotted, keyword-only dataclass in `mlsupply.evidence`. Its fields are the vocabulary of rules
   (types: `facets`). None means "could not find out", an empty value "there is none". Register it in `facets.FACETS`.
2. Write rules in `rules/`, one a file, with samples; run `mlsupply rules test` and `mlsupply rules compile`, commit both.
3. In the check:

       rules = load(request.rules, world.now())
       if rules.wants("release"):                          # no rule looks at it: nothing to ask the network for
           for package in project.packages:
               facts, gaps = ...                           # from the probe
               yield rules.judge("release", facts, package=package, gaps=gaps)

   where a fact is

       Fact(ReleaseFacet(...), places=package.places, quotes=(Quote(...),),
            unknown={"uploaded": Unknown(Reason.UNSUPPORTED, "the index gives no upload times")})

   `judge` returns the `Checked` to yield: a finding for each rule that holds, and for each field whose being unknown left
   a rule open one gap, in the words of `Fact.unknown`. `gaps` are those of the probe and pass through. Without a package
   the fact's `subject` says what it is about (a file, an index).
   A facet field named `moment` (install, start, import, script, call) becomes the finding's moment.

For the author of a rule: rules/README.md.
"""

from __future__ import annotations

from mlsupply.ruleset.judging import Fact, Rules, Unknown
from mlsupply.ruleset.library import load

__all__ = ["Fact", "Rules", "Unknown", "load"]
