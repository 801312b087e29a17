"""Latvian names as data: folded for search, keyed for sorting, shortened for shared screens."""

import re
import unicodedata

_ALPHABET = "aābcčdeēfgģhiījkķlļmnņoōpqrŗsštuūvwxyzž"
# Long vowels sort with their base vowel; letters with a caron or a comma come after their base.
_SAME_AS = {"ā": "a", "ē": "e", "ī": "i", "ō": "o", "ū": "u"}
_RANK = {letter: f"{index:02d}" for index, letter in enumerate(_ALPHABET)}
_DIGRAPHS = (("sh", "s"), ("ch", "c"), ("zh", "z"))  # typed without a Latvian keyboard for š, č, ž


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces: "Ģirts  Ķēniņš" -> "girts kenins"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(plain.split())


def fold_query(text: str) -> str:
    """Like fold, and also reads sh/ch/zh as š/č/ž, for what somebody typed into a search box."""
    folded = fold(text)
    for typed, meant in _DIGRAPHS:
        folded = folded.replace(typed, meant)
    return folded


def search_key(*parts: str) -> str:
    """What a search looks in: the folded parts in both orders, digraphs read as one letter."""
    folded = [fold_query(part) for part in parts if part]
    return " ".join([*folded, *reversed(folded)]) if len(folded) > 1 else " ".join(folded)


def sort_key(text: str) -> str:
    """A key whose plain order is the Latvian alphabet's: Ābols, Balodis, Celms, Čakste, Zars, Žagars."""
    return "".join(
        _RANK.get(_SAME_AS.get(letter, letter), letter) for letter in unicodedata.normalize("NFC", text.casefold())
    )


def initials(first_name: str, last_name: str) -> str:
    return (first_name[:1] + last_name[:1]).upper()


def phone_digits(phone: str) -> str:
    """Digits alone, without the Latvian country code: "+371 29 123 456" -> "29123456"."""
    digits = re.sub(r"\D", "", phone)
    return digits[3:] if len(digits) == 11 and digits.startswith("371") else digits
