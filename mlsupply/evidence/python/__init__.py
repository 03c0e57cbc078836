"""Python read without running it: names resolved, constants folded, values followed from source to sink.

The way of the data, and where each step of it is:

1. `analyse.module` parses one file. `syntax/` reads what the tree alone shows: which names a function mentions (`survey`),
   whether it can reach anything that acts (`relevance`, `reachability`), what looks hidden (`appearance`).
2. `interpreter/` runs the module abstractly, as Python would: `statements` and `assignments`, `expressions` and `displays`,
   `definitions`, `objects`. Both sides of a branch are followed, and functions where they are called (`entering`).
   `machine` holds state, budget and facts. `schedule` says which functions are then followed on their own, because nobody in
   the module called them; `default_run` says what a condition comes to when the user sets nothing.
3. What is known of a value is a `values.value.Value`: perhaps a constant, perhaps a dotted name, and always its taint, the
   labels of where it comes from (`kind:detail`). `values/` folds constants, undoes encodings and merges what branches leave.
4. Each call goes through `analyser.Analyser.call`. A function of the module is entered; one that a table knows is modelled:
     `libraries/`  files, decoders, code that is executed, builtins, functions that are handed on to be called later
     `commands/`   programs that are started, and what a command line of a shell does
     `network/`    what is sent where, servers, remote access, and whose an address or a key is
   A model is a function `modelled(machine, call)` that gives the result, or None for a call it does not know. Of anything
   else (`unknown_calls`), the result keeps the origins of the arguments. `sources` gives a value its labels;
   `sinks` is where they end: `machine.fact` notes a `facets.CodeFact`, with the chain of steps from source to sink.
5. `knowledge` and `places` are the tables: what dotted names mean, where secrets are kept, where things start by themselves.
6. `summaries` notes what a function gives to and takes from other modules of its package. `mlsupply.evidence.linking` then
   looks again at modules whose neighbours gave something, and `module_group` follows a few as the one program they are.

The result is a `module_facts.ModuleFacts`. Whether a fact is a finding is said by the rules, never here. What could not be
followed, because it is too much or cannot be parsed, stands in `ModuleFacts.stopped` and becomes a gap.
"""
