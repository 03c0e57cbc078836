"""Recognises modules that map executable memory only to ask the processor for its features. The source is parsed, never run.

`cpuid` cannot be called from Python, so libraries that identify processors write a handful of machine instructions into a
page of memory. They differ from loaders of shellcode in what can reach that page: every byte of it is a constant of the
module, and one of the few instructions that such a query consists of. None of these jumps, calls or enters the system, and
any concatenation of them is such a sequence again, so it does not matter which pieces are joined, or how often. Whatever
cannot be followed to constants (a value that is read, decoded, received or computed, a name from elsewhere) makes the answer
no.

Instructions: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef
_INSTRUCTION = re.compile(
    rb"(?:\x0f\xa2|\x0f\x31|\x0f\x01\xd0"  # cpuid, rdtsc, xgetbv
    rb"|[\xb8\xb9][\x00-\x1f]\x00\x00[\x00\x40\x80]"  # mov eax or ecx, the number of a question
    rb"|\x31[\xc0\xc9]|\x89[\xc0\xc8\xd0\xd8]"  # a register is emptied; an answer goes into eax
    rb"|\x55|\x89\xe5|\x5d|\x8b\x5d\x08|\x8b\x4d\x0c|\x89\x13|\x89\x01"  # the frame, two pointers, and answers behind them
    rb"|\x48|\xc1\xe2\x20|\x09\xd0|\xc3)*",  # two halves of 64 bits are put together; return
    re.DOTALL,
)
_NUMBERS = frozenset({0, 1, 2, 3, 4, 7, 0x10, 0x20, 0x22, 0x40, 0x1000, 0x2000, 0x3000, 0x4000, 0x8000})
_MAPS = frozenset({"VirtualAlloc", "VirtualProtect", "PROT_EXEC"})
# names a mapper may use: to map, to write a buffer it is given, and to make that callable
_STEPS = _MAPS | frozenset(
    re.findall(
        r"\w+",
        """join windll kernel32 VirtualFree GetCurrentProcess FlushInstructionCache memmove _memmove_addr CFUNCTYPE byref
    addressof from_buffer write close mmap MAP_PRIVATE MAP_ANONYMOUS MAP_ANON PROT_READ PROT_WRITE restype argtypes c_int
    c_uint32 c_uint64 c_ulong c_size_t c_void_p""",
    )
)
_BUILTIN = frozenset({"bytes", "len", "object", "Exception", "OSError", "RuntimeError"})
_MODULES = frozenset({"ctypes", "mmap"})
_STRANGE = (
    ast.Lambda, ast.Global, ast.Nonlocal, ast.Subscript, ast.AugAssign, ast.AsyncFunctionDef, ast.JoinedStr, ast.NamedExpr,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Await, ast.Dict, ast.Set,
)  # fmt: skip
MAX_SOURCE = 1 << 18  # bytes of a module that is looked at: the largest known, py-cpuinfo's, has 84,000
_MOST_CARRIERS = 16  # each costs one more pass over the module
_MOST_VARIABLES = 64
_TYPES = re.compile(r"c_\w+|POINTER|CFUNCTYPE|byref")
_REACHES_IN = re.compile(r"\b(?:ctypes|cffi|mprotect)\b")
_REFLECTS = frozenset(
    re.findall(
        r"\w+",
        """exec eval setattr vars globals locals __import__ __lazy_import__ mmap cffi __dict__ __class__
        __setattr__ __getattribute__
        __globals__ __code__ __closure__ get_objects attrgetter methodcaller getmembers CDLL
        PyDLL cdll windll pythonapi mprotect""",
    )
)


def carriers(tree: ast.Module) -> tuple[str, ...]:
    """The names through which bytes can reach the executable memory of the module, where all bytes it passes there itself
    are instructions that query the processor; () where they are not, or that is not certain."""
    try:
        look = _Look(tree)
        return tuple(look.carriers) if look.holds() else ()
    except RecursionError:
        return ()


class _Look:
    """One look at a module. A mapper is the outermost definition that maps memory; a carrier is a function that passes its
    arguments to the mapper, or the mapper itself."""

    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self.variables: set[tuple[_Function, str]] = set()  # checked, or being checked
        self.carriers: list[str] = []  # names, the mapper's first

    def holds(self) -> bool:
        """Whether there is exactly one mapper and only processor queries can reach it."""
        mappers = {self._outermost(node) for node in self.nodes if _name(node) in _MAPS}
        mapper = next(iter(mappers), None)
        if len(mappers) != 1 or mapper is None:
            return False
        inside = set(ast.walk(mapper))
        self.carriers = [mapper.name]
        return self._maps_only(mapper, inside) and self._left_alone(inside) and self._handed_constants(inside)

    def _outermost(self, node: ast.AST) -> _Definition | None:
        found = None
        for around in self._around(node):
            if isinstance(around, _Definition):
                found = around
        return found

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        above = self.parents.get(node)
        while above is not None:
            yield above
            above = self.parents.get(above)

    def _maps_only(self, mapper: _Definition, inside: set[ast.AST]) -> bool:
        """Whether the mapper does nothing but map, and holds no bytes or numbers that other code could be made of."""
        names = {name for node in inside if not isinstance(node, ast.Attribute) and (name := _bound(node))}
        names |= _STEPS | _BUILTIN | _MODULES
        kept = {name for node in inside if isinstance(node, ast.Attribute) and (name := _bound(node))}
        kept |= {node.name for node in inside if isinstance(node, _Function)}
        return not mapper.decorator_list and all(
            self._is_step(node, names, kept) and self._is_plain_node(node, mapper) for node in inside
        )

    def _is_step(self, node: ast.AST, names: set[str], kept: set[str]) -> bool:
        match node:
            case ast.Name(id="bytes"):
                return isinstance(self.parents[node], ast.Attribute)
            case ast.Name(id=name):
                return name in names or self._is_condition(node)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return name in kept
            case ast.Attribute(attr=name):
                return name in _STEPS or self._is_condition(node)
        return True

    def _is_plain_node(self, node: ast.AST, mapper: _Definition) -> bool:
        """Whether the node computes nothing, slices nothing and takes nothing from the caller of a method."""
        match node:
            case ast.Constant(value=str()):  # allowed in an error message or a docstring
                above = self.parents[node]
                return isinstance(above, ast.Expr) or (isinstance(above, ast.Call) and _name(above.func) in _BUILTIN)
            case ast.Constant(value=value):
                return _plain(value)
            case ast.BinOp(op=operator):
                return isinstance(operator, ast.BitOr)
            case ast.UnaryOp(op=operator, operand=operand):
                return isinstance(operator, ast.Not) or ast.unparse(operand) == "1"
            case ast.Call(func=function, args=values) if _name(function) == "mmap":  # of no file
                return bool(values) and ast.unparse(values[0]) == "-1"
            case ast.FunctionDef(args=given, decorator_list=around):
                taken = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
                whole = node is mapper or (node.name == "__init__" and self.parents[node] is mapper)
                return not around and (whole or [one.arg for one in taken if one] in ([], ["self"]))
        return not isinstance(node, _STRANGE)

    def _is_condition(self, node: ast.AST) -> bool:
        """Whether the node is only tested, as in `if DataSource.is_windows`: its value goes nowhere."""
        above = self.parents[node]
        return any(isinstance(one, ast.If) and one.test in {node, above} for one in (above, self.parents.get(above)))

    def _left_alone(self, inside: set[ast.AST]) -> bool:
        """Whether no other code can get at the memory, by the address that the mapper keeps or by ctypes."""
        attributes = {
            node.attr
            for node in inside
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and not isinstance(node.ctx, ast.Store)
            and not self._is_called(node)
        }
        return not any(self._reaches_in(node, attributes) for node in self.nodes if node not in inside) and not any(
            _rebinds(node) for node in self.nodes
        )

    def _reaches_in(self, node: ast.AST, attributes: set[str]) -> bool:
        match node:
            case ast.Attribute(attr=name):
                return name in attributes or name in _REFLECTS
            case ast.Constant(value=str() as text):
                return _REACHES_IN.search(text[:2_000]) is not None
            case ast.Name(id="ctypes"):
                above = self.parents[node]
                return not (isinstance(above, ast.Attribute) and _TYPES.fullmatch(above.attr))
            case ast.Name(id="getattr"):
                call = self.parents[node]
                return not (isinstance(call, ast.Call) and len(call.args) > 1 and isinstance(call.args[1], ast.Constant))
            case ast.Name(id=name):
                return name in _REFLECTS
        return False

    def _is_called(self, node: ast.AST) -> bool:
        above = self.parents[node]
        return isinstance(above, ast.Call) and above.func is node

    def _handed_constants(self, inside: set[ast.AST]) -> bool:
        """Whether every use of a carrier is a call with known arguments. A function that passes on a parameter becomes a
        carrier."""
        for name in self.carriers:  # grows meanwhile
            if len(self.carriers) > _MOST_CARRIERS:
                return False
            if not all(self._carries(node, name, node in inside) for node in self.nodes):
                return False
        return True

    def _carries(self, node: ast.AST, name: str, within: bool) -> bool:
        if isinstance(node, _Function) and (within or node.name == name):
            return not node.decorator_list and self._by_default(node)
        if isinstance(node, ast.Constant) and node.value == name:
            return False  # it may be looked up by its name
        if _name(node) != name or within:
            return True
        call = self.parents[node]
        if not isinstance(call, ast.Call) or call.func is not node:
            return False
        function = next((one for one in self._around(node) if isinstance(one, _Function | ast.Lambda)), None)
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        return not isinstance(function, ast.Lambda) and all(self._only_asks(value, function) for value in values)

    def _by_default(self, function: _Function) -> bool:
        given = [*function.args.defaults, *(value for value in function.args.kw_defaults if value is not None)]
        return all(self._only_asks(value, None) for value in given)

    def _only_asks(self, value: ast.expr, function: _Function | None) -> bool:
        """Whether the value consists of query instructions, `ctypes` types, and checked variables of the enclosing
        function."""
        match value:
            case ast.Constant(value=constant):
                return _plain(constant)
            case ast.Tuple(elts=values) | ast.List(elts=values):
                return all(self._only_asks(one, function) for one in values)
            case ast.Starred(value=inner):
                return self._only_asks(inner, function)
            case ast.Attribute(value=ast.Name(id="ctypes"), attr=name):
                return _TYPES.fullmatch(name) is not None
            case ast.Call(func=ast.Attribute(value=ast.Name(id="ctypes"), attr="POINTER" | "CFUNCTYPE"), args=values):
                return all(self._only_asks(one, function) for one in values)
            case ast.Name(id=name) if function is not None:
                return self._variable(name, function)
        return False

    def _variable(self, name: str, function: _Function) -> bool:
        """Whether this is a parameter of the function, or a variable that it sets to known values and only passes on to
        carriers."""
        if (function, name) in self.variables or len(self.variables) > _MOST_VARIABLES:
            return len(self.variables) <= _MOST_VARIABLES
        self.variables.add((function, name))
        given = function.args
        parameter = name in {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg) if one}
        if parameter and function.name not in self.carriers:
            self.carriers.append(function.name)
        stores = 0
        for node in ast.walk(function):
            if not isinstance(node, ast.Name) or node.id != name:
                continue
            above = self.parents[node]
            match above:
                case ast.Assign(targets=[target], value=made) | ast.For(target=target, iter=made) if target is node:
                    stores += 1
                    if not self._only_asks(made, function):
                        return False
                case ast.For(iter=made) if made is node:
                    pass
                case _:
                    call = self.parents[above] if isinstance(above, ast.Starred) else above
                    if not isinstance(call, ast.Call) or _name(call.func) not in self.carriers:
                        return False
        return parameter or stores > 0


def _plain(value: object) -> bool:
    """Whether the constant is harmless: query instructions, one of the numbers used for mapping, or None."""
    if isinstance(value, bytes):
        return _INSTRUCTION.fullmatch(value) is not None
    return value is None or (isinstance(value, int) and value in _NUMBERS)


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _bound(node: ast.AST) -> str:
    """The name that the node binds: of a variable, parameter, function or attribute of `self`; "" for any other node."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
            return name
    return ""


def _rebinds(node: ast.AST) -> bool:
    """Whether the node binds one of the names that mapping relies on to something else, or imports it under another name."""
    match node:
        case ast.Import(names=names):
            return any((one.asname or one.name) in _MODULES | _BUILTIN and one.asname is not None for one in names) or any(
                one.name.partition(".")[0] in _MODULES and one.asname is not None for one in names
            )
        case ast.ImportFrom(module=module, names=names, level=level):
            kept = {one.asname or one.name for one in names}
            if module == "mmap" and not level:
                return any(one.asname is not None or one.name == "*" for one in names)
            return module == "ctypes" or bool(kept & (_MODULES | _BUILTIN | _STEPS | {"*"}))
    return _bound(node) in _MODULES | _BUILTIN
