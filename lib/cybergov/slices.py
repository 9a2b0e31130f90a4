"""The statements of a chapter that a finding rests on, without its charts, tables and further checks.

A chapter is read from its last statement backward: a statement is kept if it gives or may change a
name that something kept needs. Where it is not certain that a statement leaves an object alone, it is
kept, and a chapter that cannot be followed (`exec`, star imports, classes, ...) is returned whole.
Nothing is executed.

What may share an object, what a function looks up when it is called and what it changes are asked of
all statements at once, whatever their order (`_Scope`); only names come and go with the statements.
"""

import ast
import builtins
import copy
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import nbformat

#: Names with which code reaches what cannot be read from it.
UNFOLLOWED = {
    "__import__", "compile", "delattr", "eval", "exec", "get_ipython", "globals", "locals", "setattr", "vars",
}  # fmt: skip
#: Methods that change what they are called on, and hold on to their arguments at most.
CHANGING_METHODS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "fill", "insert",
    "move_to_end", "pop", "popitem", "popleft", "remove", "resize", "reverse", "rotate", "setdefault",
    "setflags", "sort", "update",
}  # fmt: skip
#: Functions and methods that change their arguments.
CHANGING_FUNCTIONS = {
    "copyto", "fill_diagonal", "heapify", "heappop", "heappush", "heappushpop", "heapreplace", "insort",
    "insort_left", "insort_right", "next", "place", "put", "put_along_axis", "putmask", "shuffle",
}  # fmt: skip
#: Calls that give a generator of random numbers: whoever uses it changes it.
GENERATORS = {
    "Generator", "MT19937", "PCG64", "PCG64DXSM", "Philox", "Random", "RandomState", "SFC64", "SeedSequence",
    "SystemRandom", "default_rng", "generator", "spawn",
}  # fmt: skip
#: Functions of Python that give a number, a text or the like, which nobody can change.
PLAIN = {"abs", "bool", "float", "hash", "int", "isinstance", "len", "range", "repr", "round", "str"}
#: Calls that make a new table, list or the like, which holds at most elements of what they are given.
MAKING = {"DataFrame", "Series", "assign", "concat", "copy", "crosstab", "merge", "pivot", "pivot_table"}
#: Calls that give an iterator, which whoever reads it uses up.
ITERATORS = {"enumerate", "filter", "iter", "map", "open", "reversed", "zip"}
ITERATOR_METHODS = {"iterrows", "iteritems", "itertuples"}

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_IN_QUERY = re.compile(r"@\s*([^\W\d]\w*)")
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def slice_for(notebook: nbformat.NotebookNode, indicators: Collection[str]) -> nbformat.NotebookNode:
    """Return a chapter reduced to the statements that some of its findings rest on.

    Parameters
    ----------
    notebook : NotebookNode
        The chapter as `run.chapters` reads it.
    indicators : collection of str
        Indicators of this chapter, for instance ``{"A1.split"}``.

    Returns
    -------
    NotebookNode
        A copy with the code cells of which something is left, in their order and without outputs. The
        cell tagged ``parameters`` stays whole, for papermill puts other values behind it; so does every
        cell of which all statements are kept. The whole chapter, if it cannot be followed or one of the
        indicators is not seen to be recorded in it.
    """
    whole = copy.deepcopy(notebook)
    whole.cells = [cell for cell in whole.cells if cell.cell_type == "code"]
    for cell in whole.cells:
        cell.outputs, cell.execution_count = [], None
    try:
        trees = [ast.parse(cell.source) for cell in whole.cells]
    except SyntaxError:  # a magic, such as %matplotlib
        return whole
    nodes = [node for tree in trees for node in tree.body]
    if not all(map(_can_be_followed, nodes)):
        return whole
    chapter = _Scope(nodes)
    kept = _kept(chapter, nodes, set(indicators))
    if kept is None:
        return whole
    cells = []
    for cell, tree in zip(whole.cells, trees, strict=True):
        if not _is_parameters(cell):
            texts = [_text(cell.source, node, kept[id(node)]) for node in tree.body if id(node) in kept]
            if [ast.dump(node) for node in tree.body] != [
                ast.dump(n) for n in ast.parse("\n".join(texts)).body
            ]:
                cell.source = "\n".join(texts)
        if cell.source.strip():
            cells.append(cell)
    whole.cells = cells
    return whole


def _is_parameters(cell: nbformat.NotebookNode) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def _text(source: str, node: ast.stmt, needed: set[str]) -> str:
    """The source of a statement; of an import only the names that are needed."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        used = [alias for alias in node.names if _imported_as(alias) in needed]
        if 0 < len(used) < len(node.names):
            short = copy.copy(node)
            short.names = used
            return ast.unparse(short)
    decorators = getattr(node, "decorator_list", [])
    if not decorators:
        return ast.get_source_segment(source, node) or ast.unparse(node)
    return "\n".join(source.splitlines()[decorators[0].lineno - 1 : node.end_lineno])


# --- backward through the statements --------------------------------------------------------------


def _kept(chapter: "_Scope", nodes: Sequence[ast.stmt], wanted: set[str]) -> dict[int, set[str]] | None:
    """Statements that stay, each with the names needed behind it; None if the whole chapter must."""
    recording = _recording(chapter, nodes, wanted)
    if recording is None:
        return None
    needed: set[str] = set()
    kept: dict[int, set[str]] = {}
    for node in reversed(nodes):
        reads, must = _exposed([node])
        reads |= chapter.late(reads)
        touched = _bound(node) | chapter.changed(node, reads)
        guard = isinstance(node, ast.Assert | ast.Raise) or _is_future(node)
        if not (touched & needed or id(node) in recording or guard):
            continue
        if _mentions_verdict(chapter, node) or _compared_globals(node):
            return None  # it asks for every finding of the claim, or for any name
        kept[id(node)] = set(needed)
        needed = (needed - must) | reads
    return kept


def _recording(chapter: "_Scope", nodes: Sequence[ast.stmt], wanted: set[str]) -> set[int] | None:
    """Statements in which the indicators are recorded; None if one is recorded nowhere."""
    calls_by_helper = chapter.recorders()
    named: dict[int, set[str]] = {}
    unnamed, certain = set(), set()
    for node in nodes:
        if isinstance(node, _DEFINITIONS):
            continue  # nothing is recorded before it is called
        reads = _exposed([node])[0]
        helpers = (reads | chapter.late(reads)) & set(calls_by_helper)
        direct = [call for call in ast.walk(node) if chapter.is_record(call)]
        if not direct and not helpers:
            continue
        ids = [_literal(call) for call in direct]
        if helpers or None in ids:
            unnamed.add(id(node))
            texts = [node, *(part for name in helpers for part in calls_by_helper[name])]
            named[id(node)] = {
                str(n.value) for t in texts for n in ast.walk(t) if isinstance(n, ast.Constant)
            }
        else:
            named[id(node)] = {one for one in ids if one}
        if isinstance(node, ast.Expr | ast.Assign):
            certain |= named[id(node)]
    out = {number for number, ids in named.items() if ids & wanted}
    missing = wanted - certain
    if missing - {one for ids in named.values() for one in ids} and not unnamed:
        return None
    # Where the name is put together, any call that does not spell its indicator out may be the one.
    return out | unnamed if missing else out


def _literal(call: ast.AST) -> str | None:
    """The indicator that a call of `findings.record` spells out."""
    assert isinstance(call, ast.Call)
    first = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "indicator")]
    if first and isinstance(first[0], ast.Constant) and isinstance(first[0].value, str):
        return first[0].value
    return None


def _mentions_verdict(chapter: "_Scope", node: ast.stmt) -> bool:
    return any(
        isinstance(n, ast.Attribute) and n.attr in ("verdict", "_recorded") and chapter.is_findings(n.value)
        for n in ast.walk(node)
    )


def _can_be_followed(node: ast.stmt) -> bool:
    compared = _compared_globals(node)
    for n in ast.walk(node):
        if isinstance(n, ast.ClassDef | ast.Global | ast.Nonlocal):
            return False
        if isinstance(n, ast.Name) and n.id in UNFOLLOWED and id(n) not in compared:
            return False
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.endswith("@"):
            return False  # frame.query(f"year in @{name}")
        if isinstance(n, ast.ImportFrom) and any(alias.name == "*" for alias in n.names):
            return False
        # Functions such as numpy.random.normal draw from one hidden generator.
        if isinstance(n, ast.Attribute) and n.attr not in GENERATORS and _last_name(n.value) == "random":
            return False
        if isinstance(n, ast.ImportFrom) and n.module in ("random", "numpy.random"):
            names = {alias.name for alias in n.names}
            if not names <= GENERATORS:
                return False
    return True


def _compared_globals(node: ast.stmt) -> set[int]:
    """Where ``globals()[name]`` is only compared: that reads some name, whichever, and changes none."""
    return {
        id(side.value.func)
        for n in ast.walk(node)
        if isinstance(n, ast.Compare)
        for side in [n.left, *n.comparators]
        if isinstance(side, ast.Subscript)
        and isinstance(side.value, ast.Call)
        and _last_name(side.value.func) == "globals"
    }


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


# --- names ----------------------------------------------------------------------------------------


def _imported_as(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    a = node.args
    every = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
    return {one.arg for one in every if one is not None}


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def _bound(node: ast.AST) -> set[str]:
    """Names that a statement binds or deletes in its own scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Lambda):
        return set()
    if isinstance(node, _COMPREHENSIONS):
        return {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    out: set[str] = set()
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        out.add(node.id)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        out |= {_imported_as(alias) for alias in node.names}
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        out.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        out.add(node.rest)
    return out.union(*map(_bound, ast.iter_child_nodes(node)))


def _loads(node: ast.AST) -> set[str]:
    """Names that a piece of code looks up outside itself, those of nested functions included."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Store) else {node.id}
    if isinstance(node, ast.Constant):  # frame.query("year in @years")
        return set(_IN_QUERY.findall(node.value)) if isinstance(node.value, str) else set()
    if isinstance(node, _DEFINITIONS):
        return _loads_of_head(node) | _loads_of_body(node)
    if isinstance(node, _COMPREHENSIONS):
        own = set().union(*(_bound(part.target) for part in node.generators))
        inner = set().union(*map(_loads, ast.iter_child_nodes(node)))
        return (inner - own) | _loads(node.generators[0].iter)
    out = set().union(*map(_loads, ast.iter_child_nodes(node)))
    if isinstance(node, ast.AugAssign):
        out |= _bound(node.target)
    return out


def _loads_of_head(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Names looked up when a function is defined: decorators, defaults, annotations."""
    parts: list[ast.AST] = [node.args] if isinstance(node, ast.Lambda) else [node.args, *node.decorator_list]
    if not isinstance(node, ast.Lambda) and node.returns:
        parts.append(node.returns)
    return set().union(*map(_loads, parts))


def _loads_of_body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Names looked up when a function is called."""
    inside = _body(node)
    return set().union(*map(_loads, inside)) - _parameters(node) - set().union(*map(_bound, inside))


def _exposed(block: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """Names that statements in a row look up from before them, and names that they surely bind."""
    reads: set[str] = set()
    must: set[str] = set()
    for node in block:
        r, m = _exposed_one(node)
        reads |= r - must
        must |= m
    return reads, must


def _exposed_one(node: ast.AST) -> tuple[set[str], set[str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _loads_of_head(node), {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        surely = set() if node.value is None else {n for t in _targets(node) for n in _plain_names(t)}
        return _loads(node), surely
    if isinstance(node, ast.Import | ast.ImportFrom):
        # import a.b adds to a that may be there already.
        return set(), {_imported_as(alias) for alias in node.names if alias.asname or "." not in alias.name}
    if isinstance(node, ast.If):
        (then, then_must), (other, other_must) = _exposed(node.body), _exposed(node.orelse)
        return _loads(node.test) | then | other, then_must & other_must
    if isinstance(node, ast.For | ast.AsyncFor):
        inside = _exposed(node.body)[0] - _plain_names(node.target)
        return _loads(node.iter) | _loads(node.target) | inside | _exposed(node.orelse)[0], set()
    if isinstance(node, ast.While):
        return _loads(node.test) | _exposed(node.body)[0] | _exposed(node.orelse)[0], set()
    if isinstance(node, ast.With | ast.AsyncWith):
        heads = set().union(*map(_loads, node.items))
        names = {n for item in node.items if item.optional_vars for n in _plain_names(item.optional_vars)}
        return heads | (_exposed(node.body)[0] - names), set()
    return _loads(node), set()


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _plain_names(target: ast.AST) -> set[str]:
    """Names bound by a target, without those that it only changes (``a[0]``, ``a.b``)."""
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, ast.Tuple | ast.List | ast.Starred):
        return set().union(*map(_plain_names, ast.iter_child_nodes(target)))
    return set()


# --- objects --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Flow:
    """What the value of an expression may be made of: names, by the way in which it is.

    ``same``: the value may be the object of the name, or a part or a view of it. ``holds``: it is a new
    object that may contain that object or parts of it. ``direct``: those of both that no call came between.
    """

    same: frozenset[str] = frozenset()
    holds: frozenset[str] = frozenset()
    direct: frozenset[str] = frozenset()

    def __or__(self, other: "_Flow") -> "_Flow":
        return _Flow(self.same | other.same, self.holds | other.holds, self.direct | other.direct)

    def part(self) -> "_Flow":
        """The same for a part of the value."""
        return _Flow(same=self.all, direct=self.direct)

    def held(self) -> "_Flow":
        """The same for something new that contains the value or parts of it."""
        return _Flow(holds=self.all, direct=self.direct)

    def called(self) -> "_Flow":
        """The same for what a call gives that may hand the value on."""
        return _Flow(same=self.all)

    def made(self) -> "_Flow":
        """The same for something new that a call makes of the value."""
        return _Flow(holds=self.all)

    @property
    def all(self) -> frozenset[str]:
        return self.same | self.holds


@dataclass
class _Function:
    """What a call does beside giving a value."""

    changes_arguments: bool = False
    changes: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()
    gives_arguments: bool = False
    gives_stateful: bool = False


class _Scope:
    """The names of a chapter, or of one function in it, and how their objects hang together."""

    def __init__(
        self, nodes: Sequence[ast.AST], outer: "_Scope | None" = None, local: Collection[str] = ()
    ) -> None:
        self.outer = outer
        self.local = set(local)
        self.modules: dict[str, str] = {}
        self.definitions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]] = defaultdict(
            list
        )
        self.functions: dict[str, list[_Function]] = {}
        self.edges: dict[str, _Flow] = defaultdict(_Flow)
        self.values: dict[str, list[ast.AST | None]] = defaultdict(list)
        self.looked_up: dict[str, set[str]] = defaultdict(set)
        self.stateful: set[str] = set()
        own = list(self._own(nodes))
        otherwise = set(self.local)
        self.bound = set(self.local).union(*map(_bound, nodes))
        for node in own:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    name = _imported_as(alias)
                    if isinstance(node, ast.ImportFrom):
                        self.modules[name] = f"{node.module}.{alias.name}"
                    else:
                        self.modules[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.definitions[node.name].append(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                for name in set().union(*map(_plain_names, node.targets)):
                    self.definitions[name].append(node.value)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                otherwise.add(node.id)
        if outer:
            self.modules = {**outer.modules, **self.modules}
        # A name that stands for something else besides is not followed as a module.
        self.modules = {name: full for name, full in self.modules.items() if name not in otherwise}
        # What a function does may rest on what another does that is defined behind it.
        for _ in range(3 if self.definitions else 1):
            self.edges.clear()
            self.values.clear()
            self._bind(own)
            self.functions = {n: [self._summary(n, d) for d in ds] for n, ds in self.definitions.items()}
        self._reverse: dict[str, set[str]] = defaultdict(set)
        for name, definitions in self.definitions.items():
            self.looked_up[name] = self.looked_up[name].union(*map(_loads_of_body, definitions))
        for name, flow in self.edges.items():
            for one in flow.all:
                self._reverse[one].add(name)

    @staticmethod
    def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
        """Everything in this scope, without the bodies of the functions defined by name in it."""
        for node in nodes:
            yield node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _Scope._own([node.args, *node.decorator_list])
            elif not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)):
                yield from _Scope._own(ast.iter_child_nodes(node))

    # -- what values are made of

    def _bind(self, own: Sequence[ast.AST]) -> None:
        """Note what every name of this scope may be made of."""
        for node in own:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                self._assign(node.target, node.value)
            elif isinstance(node, ast.AugAssign):
                self._give(node.target, self.flow(node.value).held())
            elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
                self._give(node.target, self.flow(node.iter).part())
                self._note_generator(node.target, node.iter)
            elif isinstance(node, ast.withitem) and node.optional_vars:
                self._give(node.optional_vars, self.flow(node.context_expr).part())
            elif isinstance(node, ast.Match):
                for name in _bound(node):
                    self.edges[name] |= self.flow(node.subject).part()
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                    self.edges[node.name] |= self.flow(default).held()
                    self._note_generator(ast.Name(node.name), default)
            elif isinstance(node, ast.Call) and _is_changing_method(node.func):
                self._give(node.func, self._arguments(node))  # now rows holds what was appended to it
        while True:
            alike = {n for n, flow in self.edges.items() if flow.direct & self.stateful}
            if alike <= self.stateful:
                return
            self.stateful |= alike

    def _assign(self, target: ast.AST, value: ast.expr) -> None:
        if (
            isinstance(target, ast.Tuple | ast.List)
            and isinstance(value, ast.Tuple | ast.List)
            and len(target.elts) == len(value.elts)
            and not any(isinstance(e, ast.Starred) for e in [*target.elts, *value.elts])
        ):
            for t, v in zip(target.elts, value.elts, strict=True):
                self._assign(t, v)
            return
        if isinstance(target, ast.Name):
            self.values[target.id].append(value)
            self.edges[target.id] |= self.flow(value)
        else:
            self._give(target, self.flow(value).part())
        for part in ast.walk(value):  # kept for later calls
            if isinstance(part, ast.Lambda | ast.GeneratorExp | ast.Constant):
                for name in _loads(target) | _plain_names(target):
                    self.looked_up[name] |= _loads(part)
        self._note_generator(target, value)
        if isinstance(target, ast.Name) and self._is_iterator(value):
            self.stateful.add(target.id)

    def _give(self, target: ast.AST, flow: _Flow) -> None:
        if isinstance(target, ast.Name):
            self.values[target.id].append(None)
            self.edges[target.id] |= flow
        elif isinstance(target, ast.Tuple | ast.List | ast.Starred):
            for one in ast.iter_child_nodes(target):
                self._give(one, flow.part())
        elif isinstance(target, ast.Subscript | ast.Attribute):
            for root in self.flow(target.value).all:
                self.edges[root] |= flow.held()

    def flow(self, node: ast.AST | None) -> _Flow:
        """What the value of an expression may be made of."""
        if isinstance(node, ast.Name):
            return (
                _Flow()
                if node.id in self.modules or self._is_builtin(node.id)
                else _Flow(same=frozenset({node.id}), direct=frozenset({node.id}))
            )
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Await):
            return self.flow(node.value).part()
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return _union(self.flow(one) for one in node.elts).held()
        if isinstance(node, ast.Dict):
            return _union(self.flow(one) for one in [*node.keys, *node.values]).held()
        if isinstance(node, ast.DictComp):
            return (self.flow(node.key) | self.flow(node.value)).held()
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return self.flow(node.elt).held()
        if isinstance(node, ast.IfExp):
            return self.flow(node.body) | self.flow(node.orelse)
        if isinstance(node, ast.BoolOp):
            return _union(map(self.flow, node.values))
        if isinstance(node, ast.NamedExpr):
            return self.flow(node.value)
        if isinstance(node, ast.BinOp):
            return (self.flow(node.left) | self.flow(node.right)).held()
        if isinstance(node, ast.Lambda):
            return _union(self.flow(ast.Name(name)) for name in _loads(node)).held()
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.FormattedValue):
            return self.flow(node.value).held()
        if isinstance(node, ast.Call):
            return self._flow_of_call(node)
        return _Flow()

    def _flow_of_call(self, node: ast.Call) -> _Flow:
        if isinstance(node.func, ast.Name) and (known := self._known(node.func.id)):
            given = _Flow(same=frozenset().union(*(one.gives for one in known)))
            return given | self._arguments(node).called() if any(f.gives_arguments for f in known) else given
        if self._is_own(node.func):
            return _Flow()  # the library's functions make new objects
        name = _last_name(node.func)
        if isinstance(node.func, ast.Name) and name in PLAIN and self._is_builtin(name):
            return _Flow()
        if name == "partial":
            return self._arguments(node).held()
        receiver = (
            self.flow(node.func.value) if isinstance(node.func, ast.Attribute) else self.flow(node.func)
        )
        whole = receiver | self._arguments(node)
        return whole.made() if name in MAKING else whole.called()

    def _arguments(self, node: ast.Call) -> _Flow:
        return _union(self.flow(one) for one in [*node.args, *(k.value for k in node.keywords)])

    def _known(self, name: str) -> list[_Function]:
        if self.functions.get(name):
            return self.functions[name]
        return self.outer._known(name) if self.outer and name not in self.edges else []

    def _note_generator(self, target: ast.AST, value: ast.AST) -> None:
        if self._is_generator(value):
            self.stateful |= _plain_names(target)

    def _is_generator(self, node: ast.AST) -> bool:
        """Whether a value may be, hold or be bound to a new generator of random numbers."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and any(f.gives_stateful for f in self._known(node.func.id)):
                return True
            # Draws of a generator that is made on the spot leave nothing behind.
            given = [] if self._is_own(node.func) else [*node.args, *(k.value for k in node.keywords)]
            return _last_name(node.func) in GENERATORS or any(map(self._is_generator, given))
        if isinstance(node, ast.Compare | ast.JoinedStr | ast.Lambda):
            return False
        return any(map(self._is_generator, ast.iter_child_nodes(node)))

    def _is_iterator(self, node: ast.AST) -> bool:
        if isinstance(node, ast.GeneratorExp):
            return True
        if not isinstance(node, ast.Call):
            return False
        name = _last_name(node.func)
        if isinstance(node.func, ast.Name) and name in ITERATORS:
            return True
        return name in ITERATOR_METHODS or self._origin(node.func).startswith("itertools")

    # -- whose function is it

    def _is_builtin(self, name: str) -> bool:
        bound = name in self.bound or (self.outer is not None and not self.outer._is_builtin(name))
        return hasattr(builtins, name) and not bound

    def _origin(self, node: ast.AST) -> str:
        """Full name of what an attribute chain stands for: ``np.random`` is ``numpy.random``."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id, "")
        if isinstance(node, ast.Attribute):
            base = self._origin(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""

    def _is_own(self, node: ast.AST) -> bool:
        return self._origin(node).startswith("cybergov")

    def _is_module(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self.modules

    def is_findings(self, node: ast.AST) -> bool:
        """Whether an expression is the module `findings`."""
        return self._origin(node) == "cybergov.findings"

    def is_record(self, node: ast.AST) -> bool:
        """Whether a node is a call of `findings.record`."""
        return isinstance(node, ast.Call) and self._is_recorder(node.func)

    def recorders(self) -> dict[str, list[ast.AST]]:
        """Names through which a finding may be recorded, with the code behind them."""
        out: dict[str, list[ast.AST]] = defaultdict(list)
        for name, definitions in self.definitions.items():
            out[name] += [d for d in definitions if any(map(self._is_recorder, ast.walk(d)))]
        for name, values in self.values.items():
            for value in values:
                if value is not None and self._is_recorder(value):  # record = findings.record
                    out[name].append(value)
        return {name: code for name, code in out.items() if code}

    def _is_recorder(self, node: ast.AST) -> bool:
        return self._origin(node) == "cybergov.findings.record"

    # -- what is looked up late, and what is changed

    def late(self, names: Iterable[str]) -> set[str]:
        """Names that functions reached by these names look up when they are called."""
        out: set[str] = set()
        seen: set[str] = set()
        todo = set(names)
        while todo:
            seen |= todo
            found: set[str] = set()
            for name in self.ancestors(todo):
                found |= self.looked_up.get(name, set())
            out |= found
            todo = found - seen
        return out

    def ancestors(self, names: Iterable[str], deep: bool = True) -> set[str]:
        """These names and all of whose objects they may be a part."""
        out = set(names)
        todo = set(out)
        first = True
        while todo:
            # What is held by a list that is only lengthened stays as it is.
            found = {
                n
                for name in todo
                if name in self.edges
                for n in (self.edges[name].all if deep or not first else self.edges[name].same)
            }
            todo = found - out
            out |= found
            first = False
        return out

    def shared(self, names: Iterable[str], deep: bool) -> set[str]:
        """All names through which a change of an object of these names can be seen."""
        out = self.ancestors(names, deep)
        todo = set(out)
        while todo:
            todo = {n for name in todo for n in self._reverse.get(name, ())} - out
            out |= todo
        return out

    def changed(self, node: ast.AST, reads: Collection[str]) -> set[str]:
        """Names whose objects a statement may change."""
        # Drawing changes generators only, not the seeds and tables that they were made of.
        drawn = set(reads) & self.stateful
        shallow: set[str] = set()
        deep: set[str] = set()
        for roots, is_deep in self._events([node]):
            (deep if is_deep else shallow).update(roots)
        for name in reads:
            for one in self.functions.get(name, ()):
                deep |= one.changes
                if one.changes_arguments:
                    deep |= set(reads) - set(self.modules)
        out = self.shared(deep, True).union(*(self.shared([name], False) for name in shallow))
        out |= self.shared(drawn, False) & self.stateful
        packages = {self.modules[n].split(".")[0] for n in (deep | shallow) & set(self.modules)}
        return out | {n for n, full in self.modules.items() if full.split(".")[0] in packages}

    def _events(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[set[str], bool]]:
        """Names on which something is done that may change their objects, and whether it reaches deep."""
        for node in self._own(nodes):
            if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
                yield self._root(node.value)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                yield {node.target.id}, False
            elif isinstance(node, ast.Call):
                name = _last_name(node.func)
                # np.append(a, 1) is no method: it gives a new array.
                if _is_changing_method(node.func) and not self._is_module(node.func.value):
                    yield self._root(node.func.value)
                if name in CHANGING_FUNCTIONS:
                    yield set(self._arguments(node).all), True
                for keyword in node.keywords:
                    if keyword.arg == "out":
                        yield self._root(keyword.value)
                    if keyword.arg == "inplace" and isinstance(node.func, ast.Attribute):
                        yield self._root(node.func.value)
            elif isinstance(node, ast.Expr):
                yield from self._events_of_call(node.value)

    def _events_of_call(self, node: ast.AST) -> Iterator[tuple[set[str], bool]]:
        """The same for a call whose value is not used, so that it may be there for what it changes."""
        if not isinstance(node, ast.Call) or self._is_harmless(node.func):
            return
        known = isinstance(node.func, ast.Name) and self._known(node.func.id)
        name = _last_name(node.func)
        if known:
            return  # what it changes is known
        if not name[:1].isupper() and (name not in CHANGING_METHODS or self._origin(node.func)):
            yield set(self._arguments(node).all), True
        if self._origin(node.func):
            if not name[:1].isupper() and name not in CHANGING_FUNCTIONS:  # pd.set_option(...)
                yield {next(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))}, False
        elif isinstance(node.func, ast.Attribute):
            yield self._root(node.func.value)

    def _is_harmless(self, node: ast.AST) -> bool:
        """Whether a function is known to leave its arguments alone."""
        if self._is_own(node):
            return True
        if not isinstance(node, ast.Name):
            return False
        if node.id in self.values:
            return all(value is not None and self._is_own(value) for value in self.values[node.id])
        if self.outer and node.id not in self.local:
            return self.outer._is_harmless(node)
        return self._is_builtin(node.id)

    def _root(self, node: ast.AST) -> tuple[set[str], bool]:
        if isinstance(node, ast.Attribute) and node.attr in ("at", "iat", "iloc", "loc"):
            node = node.value  # of the frame itself
        if isinstance(node, ast.Name):
            return {node.id}, False
        return set(self.flow(node).all), True

    def _summary(
        self, name: str, definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    ) -> _Function:
        body = _body(definition)
        parameters = _parameters(definition)
        local = parameters.union(*map(_bound, body))
        inner = _Scope(body, self, local)
        touched: set[str] = set()
        for roots, deep in inner._events(body):
            touched |= inner.ancestors(roots, deep)
        for used in set().union(*map(_loads, body)):
            for one in inner._known(used):
                touched |= one.changes
                if one.changes_arguments:
                    touched |= set().union(*map(_loads, body)) - set(self.modules) - set(self.definitions)
        results = [n.value for n in inner._own(body) if isinstance(n, ast.Return | ast.Yield | ast.YieldFrom)]
        if isinstance(definition, ast.Lambda):
            results = [definition.body]
        results_flow = _union(map(inner.flow, results))
        given = inner.ancestors(results_flow.all)
        inside = [n for part in body for n in ast.walk(part)]
        iterates = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inside)
        outside = (given - local) - set(self.modules)
        if iterates or any(isinstance(n, (*_DEFINITIONS, ast.GeneratorExp)) for n in inside):
            outside |= {name}  # what it gives may look names up later, as it does itself
        return _Function(
            changes_arguments=bool(touched & parameters),
            changes=frozenset(touched - local),
            gives=frozenset(outside),
            gives_arguments=bool(given & parameters),
            gives_stateful=iterates
            or bool(results_flow.direct & inner.stateful)
            or any(inner._is_generator(one) for one in results if one is not None),
        )


def _union(flows: Iterable[_Flow]) -> _Flow:
    out = _Flow()
    for flow in flows:
        out |= flow
    return out


def _is_changing_method(function: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(function, ast.Attribute) and function.attr in CHANGING_METHODS


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
