"""Python analysed without running it, by abstract interpretation: names are resolved, constants folded, and taint is
followed from sources to sinks.

The way of the data, and the module for each step:

1. `analyse.module` parses one file. `syntax/` reads what the tree alone shows: which names a function mentions (`survey`),
   whether it can reach a sink (`relevance`, `reachability`), what is hidden from a reader (`appearance`).
2. `interpreter/` runs the module abstractly: `statements`, `if_statements` and `assignments`, `expressions`, `operations`
   and `displays`, `definitions`, `objects`. Both sides of a branch are followed, and functions where they are called
   (`entering`). `machine` holds the state, the budget and the facts. `schedule` chooses the entry points: functions that
   are then followed by themselves, because nobody in the module calls them. `default_run` says what a condition evaluates
   to if the user asks for nothing. `hooks`, `wrappers` and `replacements` know functions that code outside the module
   calls.
3. An abstract value is a `values.value.Value`: perhaps a constant, perhaps a dotted name, and always its taint, a set of
   labels that say where it comes from (`kind:detail`). `values/` folds constants, undoes encodings and merges what
   branches leave.
4. Each call goes through `analyser.Analyser.call`. A function of the module is entered; for a library function, `models`
   asks models, each of them a function `modelled(machine, call)` that returns the result, or None for a call it does not
   know:
   `libraries/`  files, decoders, code that is executed, builtins, functions that are passed on to be called later
   `commands/`   programs that are started, and what a command line of a shell does
   `network/`    what is sent where, servers, remote access, and whose an address or a key is
   The result of any other call has the taint of the arguments (`unknown_calls`). `sources` gives a value its labels;
   `sinks` is where they end: `machine.fact` notes a `facets.CodeFact`, with the chain of steps from source to sink.
5. `knowledge` and `places` are the tables: what dotted names mean, where secrets are kept, what starts by itself.
6. `summaries` notes what the names of a module give to other modules of its package, and which functions pass an argument
   to a sink. `mlsupply.evidence.linking` has modules analysed again whose neighbours matter to them, and `module_group`
   analyses a few together.

The result is a `module_facts.ModuleFacts`. Whether a fact is a finding is decided by the rules, never here. What could not
be followed, because it is too much or cannot be parsed, stands in `ModuleFacts.stopped` and becomes a gap.
"""
