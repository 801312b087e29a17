"""A YAML file as nodes that know their line, and the errors found in it.

Only plain data is read: no aliases (a few lines of them can unfold into gigabytes), no tags, no merge keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import yaml

LARGEST_OCTETS = 5 * 1024 * 1024
MOST_VALUES = 100_000
DEEPEST = 20  # levels of nesting
MOST_ERRORS = 100  # shown; a file with more has one fault in many places

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times faster
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_SCALARS = {
    f"tag:yaml.org,2002:{name}": getattr(_CONSTRUCTOR, f"construct_yaml_{name}")
    for name in ("str", "int", "float", "bool", "null", "timestamp")
}
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True)
class CatalogueError:
    line: int  # from 1
    path: str  # "courses[3].groups[0].start"; "" for the whole file
    reason: str

    def __str__(self):
        return f"line {self.line}: {self.path}: {self.reason}" if self.path else f"line {self.line}: {self.reason}"


class CatalogueRefused(Exception):
    """The file is refused whole; nothing was written."""

    def __init__(self, errors: list[CatalogueError]):
        super().__init__(f"errors: {len(errors)}")
        self.errors = errors


@dataclass
class Node:
    """A value with its place in the file: {key: Node}, [Node, …] or a scalar."""

    value: dict | list | str | int | float | bool | date | None
    line: int
    path: str
    keys: dict[str, int] = field(default_factory=dict)  # {key: its line} of a mapping


class Errors(list):
    """What is wrong with a file, in the order in which it was found."""

    def add(self, node: Node, reason: str, *, key: str | None = None) -> None:
        path = node.path if key is None else ".".join(part for part in (node.path, key) if part)
        self.append(CatalogueError(node.keys.get(key, node.line) if key else node.line, path, reason))

    def raise_if_any(self) -> None:
        if self:
            raise CatalogueRefused(sorted(self, key=lambda error: error.line)[:MOST_ERRORS])


def read(octets: bytes) -> Node:
    """The root of the document, always a mapping. Raises CatalogueRefused with the place of the fault."""
    if len(octets) > LARGEST_OCTETS:
        _refuse(1, f"The file is larger than {LARGEST_OCTETS // 1024 // 1024} MB.")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(octets[: error.start].count(b"\n") + 1, "The file is not UTF-8 text.")
    try:
        _refuse_what_is_not_plain(yaml.parse(text, Loader=_LOADER))
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse(mark.line + 1 if mark else 1, f"Not valid YAML: {error.problem or error.context}.")
    except yaml.YAMLError as error:
        _refuse(1, f"Not valid YAML: {str(error).splitlines()[0]}.")
    if not isinstance(root, yaml.MappingNode):
        _refuse(1, "A catalogue is a mapping with the keys programmes, courses and so on.")
    errors = Errors()
    node = _node(root, "", errors)
    errors.raise_if_any()
    return node


def _refuse(line, reason):
    raise CatalogueRefused([CatalogueError(line, "", reason)]) from None


def _refuse_what_is_not_plain(events: Iterator[yaml.Event]) -> None:
    """Looks at the events alone, before anything is built from them."""
    depth = documents = 0
    for number, event in enumerate(events):
        line = event.start_mark.line + 1
        if number > MOST_VALUES:
            _refuse(line, f"More than {MOST_VALUES} values.")
        match event:
            case yaml.AliasEvent():
                _refuse(line, "Aliases (*name) are not allowed.")
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    _refuse(line, "A catalogue is one YAML document.")
            case yaml.CollectionStartEvent():
                depth += 1
                if depth > DEEPEST:
                    _refuse(line, f"More than {DEEPEST} levels of nesting.")
            case yaml.CollectionEndEvent():
                depth -= 1


def _node(raw: yaml.Node, path: str, errors: Errors) -> Node:
    node = Node(None, raw.start_mark.line + 1, path)
    if raw.tag not in _SCALARS and raw.tag not in _COLLECTIONS:
        errors.add(node, f"Unknown kind of value {raw.tag}.")
    elif isinstance(raw, yaml.MappingNode):
        node.value = {}
        for key, value in raw.value:
            name, line = str(key.value), key.start_mark.line + 1
            inner = f"{path}.{name}" if path else name
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                errors.append(CatalogueError(line, path, "A key is a plain word."))
            elif name in node.value:
                errors.append(CatalogueError(line, inner, "This key is given twice."))
            else:
                node.value[name], node.keys[name] = _node(value, inner, errors), line
    elif isinstance(raw, yaml.SequenceNode):
        node.value = [_node(item, f"{path}[{index}]", errors) for index, item in enumerate(raw.value)]
    else:
        try:
            node.value = _SCALARS[raw.tag](raw)
        except (
            ValueError,
            OverflowError,
            KeyError,
            AttributeError,
        ):  # what PyYAML raises for `!!bool x`, `!!timestamp x`
            errors.add(node, f"Not a possible value: {raw.value[:40]}.")
    return node
