"""What a family wishes for: other groups in order, in whose queues it would wait, how many places."""

from django import forms
from django.utils.translation import gettext as _

from courses.models import CourseRun
from enrollment.family.wishes import Wishes
from enrollment.flows.applications import MOST_WISHES
from enrollment.models import Application

FEWEST_OFFERED = 3  # fields for further groups, as long as there are groups to choose


class WishesForm(forms.Form):
    """Fields wish_2, wish_3 … beside the first wish, which stands; waits_1, waits_2 … per queue; places_wanted."""

    def __init__(self, *args, wished: Wishes, application: Application | None = None, **kwargs):
        self.wished, self.known = wished, list(application.wishes.order_by("rank")) if application else []
        further = [wish for wish in self.known if wish.run_id != wished.run.pk]
        options = len(wished.runs) - 1
        self.numbers = range(2, 2 + min(options, MOST_WISHES - 1, max(FEWEST_OFFERED, len(further) + 1)))
        super().__init__(*args, initial=self._initial(application, further), **kwargs)
        self.fields["waits_1"] = forms.BooleanField(
            required=False, label=_("Wait in the queue: %(code)s") % {"code": wished.run.code}
        )
        for number in self.numbers:
            self.fields[f"wish_{number}"] = forms.TypedChoiceField(
                coerce=int, empty_value=None, required=False, choices=[("", _("none")), *wished.choices],
                label=_("Choice %(number)s") % {"number": number},
            )  # fmt: skip
            self.fields[f"waits_{number}"] = forms.BooleanField(
                required=False, label=_("Wait in the queue of choice %(number)s") % {"number": number}
            )
        if wished.most_places > 1:
            self.fields["places_wanted"] = forms.IntegerField(
                min_value=1, max_value=wished.most_places, required=False, label=_("Places wanted for each child"),
                help_text=_("More than one only if the child would attend several of these groups."),
            )  # fmt: skip

    def _initial(self, application, further):
        if application is None:
            by_lot = self.wished.draw is not None
            return {"waits_1": True, "places_wanted": 1} | {f"waits_{number}": by_lot for number in self.numbers}
        first = next((wish for wish in self.known if wish.run_id == self.wished.run.pk), None)
        initial = {"waits_1": first is None or first.joins_waitlist, "places_wanted": application.places_wanted}
        for number, wish in zip(self.numbers, further, strict=False):
            initial |= {f"wish_{number}": wish.run_id, f"waits_{number}": wish.joins_waitlist}
        return initial

    @property
    def rows(self) -> list[dict]:
        """The fields of each further choice, side by side."""
        return [{"wish": self[f"wish_{number}"], "waits": self[f"waits_{number}"]} for number in self.numbers]

    @property
    def places(self):
        return self["places_wanted"] if "places_wanted" in self.fields else None

    def wishes(self) -> dict:
        """{"runs", "waits_for", "places_wanted"}, as the flow takes them; a group named twice counts where it is better."""
        given = self.cleaned_data
        chosen: dict[int, bool] = {self.wished.run.pk: given["waits_1"]}  # {run id: waits in its queue}
        for number in self.numbers:
            if (pk := given.get(f"wish_{number}")) is not None:
                chosen[pk] = chosen.get(pk, False) or given[f"waits_{number}"]
        runs: list[CourseRun] = [self.wished.runs[pk] for pk in chosen]
        return {
            "runs": runs, "waits_for": [pk for pk, waits in chosen.items() if waits],
            "places_wanted": given.get("places_wanted") or 1,
        }  # fmt: skip
