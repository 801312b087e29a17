import pytest

from accounts.names import fold, fold_query, phone_digits, search_key, sort_key


@pytest.mark.parametrize(
    ("name", "folded"),
    [("Pēteris Ozoliņš", "peteris ozolins"), ("Ģirts  Ķēniņš", "girts kenins"), ("Ļubova Žagare", "lubova zagare")],
)
def test_names_are_searched_without_diacritics(name, folded):
    assert fold(name) == folded


def test_a_name_is_found_in_both_orders_and_as_typed_without_a_latvian_keyboard():
    key = search_key("Ņina", "Šteina")

    assert all(fold_query(typed) in key for typed in ["ņina šteina", "steina nina", "Shteina", "NINA"])


def test_names_sort_by_the_latvian_alphabet():
    names = ["Žagare", "Zars", "Čakste", "Celms", "Āboliņa", "Abele", "Šteina", "Sala", "Bērziņš"]

    assert sorted(names, key=sort_key) == [
        "Abele",
        "Āboliņa",
        "Bērziņš",
        "Celms",
        "Čakste",
        "Sala",
        "Šteina",
        "Zars",
        "Žagare",
    ]


@pytest.mark.parametrize("phone", ["29 123 456", "+371 29123456", "37129123456", "+371-29-123-456"])
def test_phones_are_compared_without_the_country_code(phone):
    assert phone_digits(phone) == "29123456"
