"""Words that must break well where a column is narrow."""

import pytest

from accounts.formatting import SOFT_HYPHEN, with_soft_hyphens


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Programmēšanas pamati", "Prog|ram|mē|ša|nas pamati"),
        ("vidusskolēniem", "vidus|sko|lē|niem"),
        ("Videokonference, R-11", "Video|kon|fe|rence, R-11"),
        ("dadzadzdzis", "da|dzadz|dzis"),
        ("3D druka", "3D druka"),
        ("", ""),
        ("ššššššššššš", "ššššššššššš"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa"),
    ],
)
def test_long_words_may_break_where_a_syllable_begins(text, parts):
    assert with_soft_hyphens(text).replace(SOFT_HYPHEN, "|") == parts
    assert with_soft_hyphens(text).replace(SOFT_HYPHEN, "") == text
