"""Files of a package that are no Python modules, by kind: what each runs, and what it hides.

`agent_files`         instructions and settings of coding agents and editors, workflows and hooks
`builds`              Meson, CMake, Make and configure, read into commands by `build_steps`
`bytecode`            compiled Python without its source, or in place of it
`foreign`             shell, JavaScript, Rust and templates
`jupyter`             kernels, and configurations whose text is executed
`matplotlibrc`        settings that name a module to import
`model_files`         what a model loader reads, passed to `evidence.models`
`native`              programs of the system
`requirement_lists`   requirements that are pushed out of sight
`start_lines`         the lines of a `.pth` that Python executes at its start
"""
