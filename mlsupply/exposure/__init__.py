"""Were we hit? Incident questions over git histories, environments, images and folders of repositories.

`question` is what is asked: which releases, and when they were available. `between` asks without a name.

Repositories: `survey` finds them; `repository` and `blobs` read git objects; `history` says which blob stood where, and
`holdings`, with the readers of `inventory/`, what it held; `named_files`, `scripts`, `manifests`, `submodules` and
`uncommitted` add what names and histories leave out. `spans` joins both, `tracing` gathers them for one repository
(`inventory_file` keeps them), `answer` judges them.

Machines: `machine` and `images` are the files, `hunt` compares them with `indicators`, `bodies` and `tampering` say what a
file is; `traces` is what was found, or not looked for.

Reports: `report`, `machine_report`, `html_timeline`.
"""
