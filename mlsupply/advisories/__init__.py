"""Advisory data: where it comes from, how it is kept, and which versions it means.

`check` and `known_bad` are the two checks. `feeds` chooses the data: the embedded snapshot, `local` (brought up to date by
`sync`, `importing`, `writing`) or `live` (`asking`). `records` reads OSV, `groups` joins aliases, `ranges` and `versions`
say which versions are meant, `build` and `store` compile and keep them; `renamed`, `severity`, `summaries` and `exploited`
add to them. `matching` is the matcher, `findings` the words, `fixes` (`pythons`, `moves`) the release to move to. `kept`
looks up one advisory. `incident_records`, `incident_pages` and `playbook` are known bad releases and what to do about them;
`file_names` finds files of a lock that are named after another release, `tags` the release that a tag is named after.
"""
