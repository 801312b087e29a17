"""The inventory of all columns about people, and docs/privacy.md as it follows from it."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Model

from accounts import privacy as of_accounts
from accounts.outbox import privacy as of_outbox
from accounts.personal import Category, Erase, Export, Ground, Kept, Mask, Personal, Reader
from courses import privacy as of_courses
from enrollment import privacy as of_enrollment

INVENTORY = {**of_accounts.FIELDS, **of_outbox.FIELDS, **of_courses.FIELDS, **of_enrollment.FIELDS}
DOCUMENT = Path(settings.BASE_DIR) / "docs" / "privacy.md"
BEGINS = "<!-- Written by `make privacy-docs` from the declarations in */privacy.py; everything above is written by hand. -->"


def personal() -> Iterator[tuple[type[Model], str, Personal]]:
    """Every column about a person: (model, column, what is declared)."""
    for model, columns in INVENTORY.items():
        for name, declared in columns.items():
            if declared is not None:
                yield model, name, declared


def document(written_by_hand: str) -> str:
    """The whole text of docs/privacy.md, from what stands above its generated part."""
    return "\n".join([written_by_hand.rstrip(), "", BEGINS, "", *_tables(), *_rules(), *_impersonal()])


def written_by_hand() -> str:
    """What stands above the generated part of the document now."""
    return DOCUMENT.read_text(encoding="utf-8").partition(BEGINS)[0]


def _tables():
    yield "## Column by column"
    by_category = {category: {} for category in Category}
    for model, name, declared in personal():
        by_category[declared.category].setdefault(declared, []).append(f"`{model._meta.object_name}.{name}`")
    for category, found in by_category.items():
        yield from ("", f"### {str(category).capitalize()}: {category.meaning}", "")
        yield "| columns | kept in order to | ground | kept | export | erasure | shown | who may read |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
        for one, columns in found.items():
            readers = ", ".join(str(reader) for reader in one.readers)
            rules = f"{one.ground} | {one.kept} | {one.export} | {one.erase} | {one.mask}"
            yield f"| {' '.join(columns)} | {one.purpose} | {rules} | {readers} |"


def _rules():
    yield from ("", "## What the words mean")
    for title, rules in (
        ("Grounds", Ground), ("How long it is kept", Kept), ("Export", Export), ("Erasure", Erase), ("Shown", Mask),
        ("Who may read", Reader),
    ):  # fmt: skip
        yield from ("", f"### {title}", "")
        yield from (f"* **{rule}**: {rule.meaning}" for rule in rules)


def _impersonal():
    yield from ("", "## Tables without personal data", "")
    none = [model for model, columns in INVENTORY.items() if not any(columns.values())]
    yield ", ".join(sorted(f"`{model._meta.object_name}`" for model in none)) + "."
    yield ""
