"""What a comparison of the books gives."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Difference:
    run: int | None  # id of the group; None when it belongs to none
    what: str
    expected: object
    found: object


@dataclass
class Outcome:
    runs: int = 0
    enrollments: int = 0
    ledger_rows: int = 0
    differences: list[Difference] = field(default_factory=list)
