"""Reads which module imports which, without importing any of them, and says what breaks the rules of the project.

Every function takes what it judges, so that tests/test_architecture.py can show each one a tree that breaks its rule.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APPS = {"accounts": set(), "courses": {"accounts"}, "enrollment": {"accounts", "courses"}}  # app: what it may import
PLUMBING = ("enrollment.settings", "enrollment.urls")  # imported by nothing

# From the bottom to the top. A module with another name (ages, formatting, …) stands as high as what it imports.
LAYERS = [
    {"refusals"},
    {"models"},
    {"permissions", "emails", "rosters", "eligibility"},
    {"flows"},
    {"forms", "serializers", "calendars"},
    {"views", "api", "management", "admin", "templatetags", "urls", "apps"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "lib"}
LONGEST = 400  # lines

TOP_LEVEL = {
    *("accounts", "courses", "enrollment", "templates", "static", "locale", "tests", "docs", ".ci"),
    *("manage.py", "pyproject.toml", "Makefile", "README.md", "LICENSE"),
    *("requirements.in", "requirements.txt", "requirements-dev.in", "requirements-dev.txt"),
    *(".gitignore", ".editorconfig", ".git"),
}


@dataclass(frozen=True)
class Import:
    """That module `source` imports module `target` (both dotted) on this line."""

    source: str
    target: str
    line: int
    inside_function: bool
    has_comment: bool

    def __str__(self):
        return f"{self.source}:{self.line} imports {self.target}"


@dataclass
class Tree:
    """The modules of the apps under a folder: {dotted name: path}, and the imports between them."""

    modules: dict[str, Path]
    imports: list[Import]


def read(root: Path) -> Tree:
    modules = {}
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if "migrations" not in parts:
                modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    imports = [one for name, path in modules.items() for one in _imports(name, path, modules)]
    return Tree(modules, imports)


def _imports(name: str, path: Path, modules: dict[str, Path]) -> Iterator[Import]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]

    def visit(node, inside):
        for child in ast.iter_child_nodes(node):
            deeper = inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            if isinstance(child, (ast.Import, ast.ImportFrom)):
                said = any("#" in line for line in lines[child.lineno - 1 : child.end_lineno])
                for target in _targets(child, package, modules):
                    yield Import(name, target, child.lineno, inside, said)
            yield from visit(child, deeper)

    yield from visit(ast.parse(source), inside=False)


def _targets(node: ast.Import | ast.ImportFrom, package: str, modules: dict[str, Path]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parents = package.split(".")
        parents = parents[: len(parents) - node.level + 1]
        base = ".".join([*parents, *([node.module] if node.module else [])])
    for alias in node.names:
        submodule = f"{base}.{alias.name}"
        yield submodule if submodule in modules else base


def app_of(module: str) -> str:
    return module.partition(".")[0]


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


# -- Rules: each returns what breaks it, [] when nothing does -------------------------------------


def imports_upwards(tree: Tree) -> list[str]:
    """An app imports only the apps below it."""
    return [
        str(one)
        for one in tree.imports
        if app_of(one.target) in APPS and app_of(one.target) not in {app_of(one.source), *APPS[app_of(one.source)]}
    ]


def imports_of_plumbing(tree: Tree) -> list[str]:
    """Settings and URL maps are found by Django, not imported; their own parts may import each other."""
    return [
        str(one)
        for one in tree.imports
        for package in PLUMBING
        if is_within(one.target, package) and not is_within(one.source, package)
    ]


def inner_apps(tree: Tree) -> set[str]:
    """Apps inside an app, such as accounts.outbox: packages with an apps.py."""
    return {name.removesuffix(".apps") for name in tree.modules if name.endswith(".apps") and name.count(".") > 1}


def imports_between_siblings(tree: Tree) -> list[str]:
    """Apps inside the same app build on their parent, not on each other."""

    def inner(module):
        return next((app for app in inner_apps(tree) if is_within(module, app)), None)

    return [
        str(one)
        for one in tree.imports
        if (ours := inner(one.source))
        and (theirs := inner(one.target))
        and ours != theirs
        and ours.rpartition(".")[0] == theirs.rpartition(".")[0]
    ]


def unexplained_inner_imports(tree: Tree) -> list[str]:
    """An import inside a function says on its line why it is there."""
    return sorted({f"{one.source}:{one.line}" for one in tree.imports if one.inside_function and not one.has_comment})


def rank_by_name(module: str) -> int | None:
    return next((RANK[part] for part in module.split(".")[1:] if part in RANK), None)


def imports_against_the_layers(tree: Tree) -> list[str]:
    """Inside an app no module imports one of a higher layer, also not through modules that belong to no layer."""
    inside: dict[str, list[Import]] = {}
    for one in tree.imports:
        if one.target in tree.modules and app_of(one.source) == app_of(one.target):
            inside.setdefault(one.source, []).append(one)

    ranks: dict[str, int] = {}

    def rank(module: str) -> int:
        if module not in ranks:
            named = rank_by_name(module)
            ranks[module] = named if named is not None else 0  # for the time being, should it import itself in the end
            if named is None and not any(is_within(module, package) for package in PLUMBING):
                ranks[module] = max((rank(one.target) for one in inside.get(module, [])), default=0)
        return ranks[module]

    return [
        f"{one} (layer {rank(one.source)} imports layer {rank(one.target)})"
        for ones in inside.values()
        for one in ones
        if rank_by_name(one.source) is not None and rank(one.target) > rank(one.source)
    ]


def cycles(tree: Tree) -> list[str]:
    """Modules that import each other in a circle, while they are being loaded."""
    edges: dict[str, set[str]] = {name: set() for name in tree.modules}
    for one in tree.imports:
        if one.target in edges and not one.inside_function and one.target != one.source:
            edges[one.source].add(one.target)
    found: list[str] = []
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> None:
        if module in path:
            found.append(" -> ".join([*path[path.index(module) :], module]))
        elif module not in done:
            for target in sorted(edges[module]):
                walk(target, [*path, module])
            done.add(module)

    for module in sorted(edges):
        walk(module, [])
    return found


def modules_named_for_nothing(tree: Tree) -> list[str]:
    """A helper lives in a module named for what it knows."""
    return [name for name in tree.modules if NAMELESS & set(name.split("."))]


def long_files(root: Path) -> list[str]:
    """Files past the length at which a module becomes a package, as "path: lines"."""
    lengths = {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in [*APPS, "tests"]
        for path in sorted((root / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }
    return [f"{path}: {lines}" for path, lines in lengths.items() if lines > LONGEST]


def strangers(root: Path) -> list[str]:
    """What lies at the top and is neither prescribed nor ignored by git."""
    ignore = root / ".gitignore"
    patterns = ignore.read_text().splitlines() if ignore.exists() else []
    return [
        path.name
        for path in sorted(root.iterdir())
        if path.name not in TOP_LEVEL and not any(path.match(pattern.rstrip("/")) for pattern in patterns if pattern)
    ]
