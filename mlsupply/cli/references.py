"""What `mlsupply explain` says about exit codes, the references that errors carry in brackets, and the words that reports
use."""

from __future__ import annotations

EXIT_CODES = {
    "0": "Clean and complete: nothing at or above the threshold was found, and everything that was asked for was checked.",
    "1": "Findings at or above the threshold (--fail-on, [tool.mlsupply] fail-on), or a malicious release, whatever the "
    "threshold. Waived findings and those of a baseline do not count, but stay in the report.",
    "2": "Usage or configuration: an option, a file that was named, a rule or the configuration is wrong. Nothing was "
    "audited; the message names the place and the fix. Also where an output could not be written: the others are.",
    "3": "Nothing was found, but something that was asked for could not be checked. The report says what, by cause: it "
    "failed or the data is too old, the input leaves it open, the options of this run rule it out (--offline), or nobody "
    "publishes it; and beside each the step that closes it. Take that, or accept it with [[tool.mlsupply.tolerate]]; "
    "--incomplete warn lets such a run end with 0.",
    "4": "Nothing to audit: no file that mlsupply reads, or files without a single package. Of why: the package is in "
    "none of what was read.",
    "130": "Stopped by Ctrl-C or SIGTERM. Files that were to be written are whole, or as they were before.",
}

REFERENCES = {
    "bad-config": "A key or a value in [tool.mlsupply] or mlsupply.toml is wrong. Each fault is reported with its line. A "
    "configuration that is only half understood would audit less than its author meant, so the run stops.",
    "bad-models-lock": "mlsupply-models.lock is not a lock of models, or is one of another version. Write it again with "
    "mlsupply models lock.",
    "bad-signature": "The file given with --signature is not an OpenSSF model signature (a sigstore bundle whose "
    "statement lists the files of a model).",
    "bad-rule": "A rule or list file of yours has mistakes, each reported with its line, its column and a remedy. "
    "mlsupply rules test DIR shows them again; mlsupply rules facets shows which fields and operators there are.",
    "baseline-malformed": "The file given with --baseline is not one. Write it with: mlsupply scan -o baseline=FILE.",
    "check-not-configured": "--check or the configuration asks for a check that judges by your own lists, and there are "
    "none: it would pass everything.",
    "clock-behind": "This machine's clock is behind the advisories that came with mlsupply, so it is wrong: data would be "
    "dated by it, and would count as fresh for ever. Set the clock.",
    "damaged-database": "The advisory database is damaged or of another version. Delete it and run mlsupply db sync, or use "
    "--feed embedded.",
    "database-not-read": "The advisory database in the cache folder belongs to another user, who does not let this one read "
    "it. Let it be read, or set MLSUPPLY_CACHE_DIR to a folder of this user's own and run mlsupply db sync.",
    "database-not-written": "The advisory database could not be written to the cache folder: see its permissions and the "
    "free space, or set MLSUPPLY_CACHE_DIR.",
    "file-not-read": "A file that was named on the command line or in the configuration is missing, unreadable, too large "
    "or not UTF-8.",
    "no-check-left": "What was asked for leaves out every check (--check, --skip; for `mlsupply check` the configuration "
    "too): that would pass everything.",
    "no-database": "--feed local needs a database that mlsupply db sync or mlsupply db import has made.",
    "no-environment": "The folder given with --env holds no installed packages. Name the environment's folder: the one with "
    "bin or Scripts, or its site-packages.",
    "no-name": "mlsupply why was asked about something that cannot be the name of a package (PEP 508): letters, digits, "
    "dots, dashes and underscores, at both ends a letter or digit.",
    "no-rules": "The folder given to mlsupply rules test holds no rule file. Rules are files named *.yaml.",
    "bad-inventory": "The file given with --inventory was not written by mlsupply exposure, is of another version, or is "
    "damaged. Name another, or delete it: everything in it can be read again from the repositories.",
    "bad-url": "--index-url or --feed-url is not a URL: write it whole, with https:// before it.",
    "bad-window": "--window is not a pair of times: write FROM..TO, e.g. 2026-03-24T10:00Z..2026-03-24T16:00Z (UTC); or "
    "--between and --and are none. The second is the later one.",
    "no-git": "mlsupply exposure reads histories with the program git, which is not on the PATH.",
    "unknown-incident": "mlsupply exposure was asked of something that is neither an incident record nor a release.",
    "not-an-export": "What was given to mlsupply db import is neither a zip nor a folder of OSV advisories.",
    "nothing-to-import": "What was given to mlsupply db import or build holds no advisory that can be read.",
    "nothing-known": "mlsupply explain knows rules, advisories of the embedded database, incidents, error references, exit "
    "codes and checks; this is none of them.",
    "nothing-named": "mlsupply check was given neither a name nor a file of names.",
    "output-not-written": "A report could not be written to the file that was named.",
    "folder-too-large": "A folder of rules or advisories holds far more files than such a folder does: name a smaller one.",
    "system-refused": "The operating system refused an operation on the named file, for the reason given: mostly this user "
    "may not read or write it, or the disk is full. Fix that, or name another file, and run again.",
    "path-not-found": "A path that should be audited does not exist, and it is not a requirement such as torch==2.6.0.",
    "sync-busy": "Another mlsupply db sync has been using the same cache folder for minutes. Wait for it, or stop it.",
    "sync-failed": "The advisories could not be fetched. Scans go on with those that are here already, at least the ones "
    "that came with mlsupply: `mlsupply db status` shows them. Without a network, fetch PyPI/all.zip elsewhere "
    "and give it to `mlsupply db import`.",
    "sync-refused": "The feed offers data that shrank, is older than the local data or cannot be read. It is not taken "
    "over: a feed that was tampered with or is half published looks like this. Scans go on with the advisories that are "
    "here already.",
    "two-outputs-to-stdout": "Only one -o may go to stdout; give the others a file: -o json -o sarif=report.sarif.",
    "unaccounted": "A check said nothing about a package. That would look like a clean result, so no report is made. This "
    "is a defect of mlsupply: please report it with the input file.",
    "unknown-check": "--check, --skip or the configuration names a check that does not exist.",
    "unknown-facet": "mlsupply rules facets knows no facet of that name.",
    "unknown-format": "A file is of a format that mlsupply does not read, or -o names a format that it does not write.",
    "bad-time": "--exclude-newer wants an ISO date or an RFC 3339 time.",
    "unknown-platform": "--platform names a platform that uv does not know.",
    "unknown-python": "--python is not a version of Python.",
    "unknown-rule": "The command or the configuration names a rule that does not exist.",
    "vex-malformed": "A VEX document cannot be read as OpenVEX or CycloneDX. It was given to accept findings, so it must "
    "not be used in part.",
}

FINDINGS_IN_CODE = {
    "MLS-L001": "Every choice the package's licence leaves includes a licence that [tool.mlsupply.licences] denies. "
    "Replace the package, or have the licence cleared.",
    "MLS-L002": "The package's licence is not among those that [tool.mlsupply.licences] allows. Replace the package, or "
    "have the licence cleared and add it.",
    "MLS-P001": "A waiver has expired: the finding it covered fails the run again. Renew it with a new date and reason, or "
    "remove it.",
    "MLS-P002": "A waiver matches no finding of this run: it is out of date, or its id, package or version is mistyped.",
    "MLS-P003": "A waiver with until-fixed = true no longer applies: a release that fixes the finding is published. "
    "Upgrade, or give a new waiver a date.",
    "MLS-P004": "A waiver is about a malicious release and hides nothing: it would have to name id, package, version and a "
    "last day (until), so that it is a decision about one file.",
}
"""Ids of findings that are made in code rather than by a rule."""

WORDS = {
    "offline": "Reason of a gap: it needs the network, and this run had none (--offline) or could not reach it.",
    "not-found": "Reason of a gap: a file, release or page that something names is not there.",
    "forbidden": "Reason of a gap: it is there, and this user or these credentials may not read it.",
    "timeout": "Reason of a gap: it took longer than mlsupply waits or looks; what was seen until then is in the report.",
    "too-large": "Reason of a gap: it is larger than mlsupply reads of such a thing.",
    "malformed": "Reason of a gap: it is not what its name or format promises, so it could not be read or not be trusted.",
    "unsupported": "Reason of a gap: mlsupply does not read this kind of thing.",
    "unpinned": "Reason of a gap: no single version or revision is named, so what applies is open. A lock names it.",
    "no-artifact": "Reason of a gap: there is no archive to look into.",
    "limit": "Reason of a gap: there is more of it than mlsupply looks at, and the rest was left. The limits keep hostile "
    "input from using up memory or time.",
    "stale": "Reason of a gap: the advisories are more than 7 days old, so the newest are not among them. Renew them with "
    "mlsupply db sync.",
    "disabled": "Reason of a gap: it was not asked for, or the configuration leaves it out. The run is complete without it.",
    "internal": "Reason of a gap: mlsupply itself failed here. This is a defect: please report it with the input.",
    "failed": "Cause of gaps: something was tried and went wrong, or the data is old. Fix it, or try again.",
    "input": "Cause of gaps: the audited files leave it open, or are not read here. Lock what is open, or scan the result.",
    "scope": "Cause of gaps: the options of the run rule it out (--offline, --contents, --skip). Run with others.",
    "unpublished": "Cause of gaps: nobody publishes it, so nothing can close it. Accept it with [[tool.mlsupply.tolerate]].",
    "unknown": "Severity: no source says how bad it is, which does not mean little. --fail-on unknown fails for it, and "
    "unknown-as in the configuration says what it counts as.",
    "malicious": "Kind of finding: a release, file or project that is known to have been made to do harm. It fails every "
    "run, whatever the threshold; only a waiver that names id, package, version and a date can hide it.",
}
"""Words that reports put beside gaps and findings, in lower case."""
