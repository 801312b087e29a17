"""The catalogue of translations against the sources: reads every translatable string, without needing gettext's tools.

    python -m tests.catalogue            bring locale/lv/LC_MESSAGES/django.po up to date; new entries are empty
    python -m tests.catalogue --check    only say what is wrong with it

The file is sorted by message and names no places in the sources, so that changes of two people rarely meet.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale" / "lv" / "LC_MESSAGES" / "django.po"
SOURCES = ("accounts", "courses", "enrollment", "templates")
FORMS = 3  # of a Latvian plural: 1, 21, 31 …; 2, 3 …; 0
LIBRARY = "library: "  # extracted comment of an entry that completes a library's own catalogue, e.g. "library: allauth"

# function: which arguments are the context, the message, the plural
ARGUMENTS = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
LITERAL = r"""[a-z]{0,2}(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL_IN_TEMPLATE = re.compile(rf"(?<![\w.])(_|n?p?gettext)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.DOTALL)

PERCENT = re.compile(r"%\((\w+)\)[sdifr]")
BRACE = re.compile(r"(?<!\{)\{(\w*)(?:![rs])?(?::[^{}]*)?\}(?!\})")


@dataclass(frozen=True)
class Message:
    """One translatable string; (context, text) is what gettext looks it up by."""

    text: str
    context: str | None = None
    plural: str = field(default="", compare=False)
    place: str = field(default="", compare=False)  # path:line of its first use

    def __str__(self):
        return f"{self.text!r}{f' (context {self.context!r})' if self.context else ''}"


# -- Reading the sources --------------------------------------------------------------------------


def messages(root: Path = ROOT) -> set[Message]:
    found: dict[Message, Message] = {}
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            place = path.relative_to(root).as_posix()
            if path.suffix == ".py":
                read = from_python(path.read_text(encoding="utf-8"), place)
            elif path.suffix in {".html", ".txt"}:
                read = from_template(path.read_text(encoding="utf-8"), place)
            else:
                continue
            for message in read:
                # A plural wins: one entry serves both uses.
                if message not in found or (message.plural and not found[message].plural):
                    found[message] = message
    return set(found.values())


def from_python(source: str, place: str) -> Iterator[Message]:
    tree = ast.parse(source)
    names = {"_": "gettext"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        function = names.get(name, name).removesuffix("_lazy").removesuffix("_noop")
        if function in ARGUMENTS:
            yield from _message(function, node.args, f"{place}:{node.lineno}")


def from_template(source: str, place: str) -> Iterator[Message]:
    code = templatize(source, origin=place)  # what Django hands to xgettext: calls between X-ed out text
    for call in CALL_IN_TEMPLATE.finditer(code):
        arguments = ast.parse(f"f({call[2]})", mode="eval").body.args
        line = code.count("\n", 0, call.start()) + 1
        yield from _message("gettext" if call[1] == "_" else call[1], arguments, f"{place}:{line}")


def _message(function: str, arguments: list[ast.expr], place: str) -> Iterator[Message]:
    def text(position):
        if position is None or position >= len(arguments):
            return None
        node = arguments[position]
        if isinstance(node, (ast.JoinedStr, ast.BinOp)):
            raise ValueError(f"{place}: a translatable string is put together; use one literal with placeholders")
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

    context, single, plural = ARGUMENTS[function]
    if text(single):
        yield Message(text=text(single), context=text(context), plural=text(plural) or "", place=place)


# -- Judging the catalogue ------------------------------------------------------------------------


def problems(catalogue: polib.POFile, wanted: set[Message]) -> list[str]:
    """What is wrong with the catalogue, a line each; [] when it says everything that the sources say."""
    entries = [entry for entry in catalogue if not entry.obsolete]
    by_key = {Message(entry.msgid, entry.msgctxt): entry for entry in entries}
    found = [f"missing: {message}, {message.place}" for message in wanted - set(by_key)]
    for message, entry in by_key.items():
        if message not in wanted and not entry.comment.startswith(LIBRARY):
            found.append(f"not in the sources: {message}")
        if entry.fuzzy:
            found.append(f"fuzzy: {message}")
    for message in [message for message in wanted if message in by_key]:  # not by_key's: those have no plural
        if bool(message.plural) != bool(by_key[message].msgid_plural) or (
            message.plural and message.plural != by_key[message].msgid_plural
        ):
            found.append(f"other plural than in the sources: {message}, {message.place}")
    found += [f"obsolete: {entry.msgid!r}" for entry in catalogue.obsolete_entries()]
    times = Counter(Message(entry.msgid, entry.msgctxt) for entry in entries)
    found += [f"twice: {message}" for message in times.elements() if times[message] > 1]
    for entry in entries:
        found += [f"{problem}: {Message(entry.msgid, entry.msgctxt)}" for problem in _problems_of_translation(entry)]
    return sorted(found)


def _problems_of_translation(entry: polib.POEntry) -> Iterator[str]:
    if not entry.msgid_plural:
        if not entry.msgstr.strip():
            yield "empty"
        elif _placeholders(entry.msgid) != _placeholders(entry.msgstr):
            yield "other placeholders"
        elif _edges(entry.msgid) != _edges(entry.msgstr):
            yield "other space or line break at its ends"
        return
    texts = [entry.msgstr_plural.get(form, "") for form in range(FORMS)]
    wanted = _placeholders(entry.msgid_plural)
    if len(entry.msgstr_plural) != FORMS:
        yield f"not {FORMS} plural forms"
    elif not all(text.strip() for text in texts):
        yield "empty"
    # The first form also says 21 and 101, so that only the last one, for 0, can do without the number.
    elif any(_placeholders(text) != wanted for text in texts[:2]) or not _placeholders(texts[2]) <= wanted:
        yield "other placeholders"


def _placeholders(text: str) -> set[str]:
    plain = re.sub("%%", "", PERCENT.sub("", text))
    return {*PERCENT.findall(text), *BRACE.findall(text), *re.findall(r"%[sd]", plain)}


def _edges(text: str) -> tuple[bool, ...]:
    return text[:1].isspace(), text[-1:].isspace(), text.startswith("\n"), text.endswith("\n")


# -- Bringing it up to date -------------------------------------------------------------------------


def update(catalogue: polib.POFile, wanted: set[Message]) -> None:
    """Add what is missing, with empty translations; remove what the sources no longer say; sort."""
    by_key = {Message(entry.msgid, entry.msgctxt): entry for entry in catalogue if not entry.obsolete}
    kept = [entry for message, entry in by_key.items() if message not in wanted and entry.comment.startswith(LIBRARY)]
    for message in wanted:
        entry = by_key.get(message) or polib.POEntry(msgid=message.text, msgctxt=message.context)
        if entry.msgid_plural != message.plural:
            entry.msgid_plural, entry.msgstr = message.plural, ""
            entry.msgstr_plural = dict.fromkeys(range(FORMS), "") if message.plural else {}
        entry.flags = ["python-format"] if PERCENT.search(entry.msgid + entry.msgid_plural) else []
        kept.append(entry)
    catalogue[:] = []
    catalogue.extend(sorted(kept, key=lambda entry: (entry.msgid, entry.msgctxt or "")))


def main() -> int:
    catalogue, wanted = polib.pofile(str(PO), wrapwidth=0), messages()
    if "--check" not in sys.argv:
        update(catalogue, wanted)
        catalogue.save()
    found = problems(catalogue, wanted)
    print("\n".join(found) or "complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
