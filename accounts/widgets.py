"""Form widgets that people find easier than the browser's own."""

from django import forms


class DateBoxes(forms.MultiWidget):
    """A date in three boxes for day, month and year; the field stays a plain DateField.

    `autocomplete="bday"` given to it is spread over the boxes. A whole date may be pasted into
    the first box; without scripts it is read from there as well.
    """

    template_name = "components/date_boxes.html"
    use_fieldset = True
    _PARTS = (("day", 10), ("month", 2), ("year", 10))

    def __init__(self, attrs=None):
        attrs = dict(attrs or {})
        autocomplete = attrs.pop("autocomplete", "")
        widgets = []
        for part, length in self._PARTS:
            own = {"inputmode": "numeric", "maxlength": length}
            if autocomplete:
                own["autocomplete"] = f"{autocomplete}-{part}"
            widgets.append(forms.TextInput(attrs={**attrs, **own}))
        super().__init__(widgets)

    def id_for_label(self, id_):
        return f"{id_}_0" if id_ else id_

    def decompress(self, value):
        if not value:
            return ["", "", ""]
        if hasattr(value, "day"):
            return [value.day, value.month, value.year]
        parts = str(value).replace("/", ".").rstrip(".").split(".")
        return [*parts, "", "", ""][:3]

    def value_from_datadict(self, data, files, name):
        """What the field parses, as 27.3.2016; boxes half filled in give text that it refuses, not nothing."""
        if name in data:
            return data[name]
        boxes = [(value or "").strip() for value in super().value_from_datadict(data, files, name)]
        day, month, year = boxes
        if not any(boxes):
            return ""
        if day and not month and not year:
            return day
        return f"{day}.{month}.{year}"
