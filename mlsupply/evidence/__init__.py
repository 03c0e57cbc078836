"""Probes: a package, an archive or a file to small frozen facts. Rules judge these; a check asks both, one after the other.

Check        its module (`judge`)   where its facts come from
advisories   `advisory_check`       `parents`, `moving`: which release fixes it, and whether what requires it allows that
contents     `contents_check`       see below
index        `index_check`          `index_facets`, `index_policy`, `pinning`
licences     `licences`             `licence_facts`
models       `models_check`         `models/` (files, read without loading them), `references/` (what a project names)
names        `names`                `name_data`, `popular`, `name_advisories`, `name_registry`; `name_memo` keeps them
release      `release_check`        `release_facet`, `release`, `release_online`, `provenance`, `attestations`

`registry` is the client of every index: `index_pages`, `index_details` and `requirements` read its answers, `index_kept` and
`index_releases` keep them.

The contents of an archive, in the order of a look:
1. `contents` says which archives, and `alone` what is a model and no package; `served` and `download` fetch them;
   `installed`, `starting` and `unlisted` are for environments.
2. `package.look_inside` takes a result that was kept (`stored`), or has `look` make one. `identity` is its name and version,
   `archives` (`archives_zip`, `archives_tar`, `zstandard`) the stream of members, each of which `gathered` passes to what
   looks at it; `share` and `allowance` bound what that may take.
3. `prefilter/` decides from bytes which Python is worth parsing; `pool` and `worker` have `python/` follow it in a process
   of its own, once for all archives of a run that share it (`answers`). The results are `module_facts`; `facets` are the
   facts rules judge.
4. `linking` and `companions` look again at modules that give each other something, with `data_files` they name;
   `neighbourhoods` are, by `import_statements`, what hangs together in a large package. What another file explains is taken
   back by `explained/`.
5. `files/` looks at what is no module: native programs, models, scripts in other languages, build files, what agents read.
   `record` and `against_record`: the list an installer goes by.
6. `layout` says how the package is laid out, `moments` when each fact happens; `compare` holds it
   against the release before, `account` puts it into words.
"""
