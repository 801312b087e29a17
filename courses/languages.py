"""Texts that staff type in two languages: `title_lv` and `title_en` read as one `title`."""

from django.utils.translation import get_language


class InLanguage:
    """The value of `<name>_<language>` in the active language, falling back to Latvian.

    title = InLanguage()  reads  self.title_lv  or  self.title_en
    """

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        language = (get_language() or "lv")[:2]
        return getattr(instance, f"{self.name}_{language}", "") or getattr(instance, f"{self.name}_lv")
