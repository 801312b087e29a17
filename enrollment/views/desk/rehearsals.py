"""Who would get in if a draw were held on the wishes of a term. Nothing is written."""

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.audiences import Audience, audience
from enrollment.draws import rehearsal as rehearsals
from enrollment.forms.draws import RehearsalForm


@audience(Audience.BUILDER)
@never_cache
@require_GET
def rehearsal(request):
    """`?program=&term=` choose, `?seed=` repeats one; `?group=` names the children of one group."""
    form = RehearsalForm(request.GET if "program" in request.GET else None)
    context, status = {"form": form, "found": None}, 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            found = rehearsals.rehearse(
                program=given["program"], term=given["term"], seed=given["seed"] or rehearsals.new_seed()
            )
            opened = next((one for one in found.groups if str(one.run.pk) == request.GET.get("group")), None)
            context |= {"found": found, "opened": opened, "other_seed": rehearsals.new_seed()}
            if opened is not None:
                names = rehearsals.names_in(opened)
                context["placed"] = [(one, names[one.learner_id]) for one in opened.placed]
                context["waiting"] = [(one, names[one.learner_id]) for one in opened.waiting]
            status = 200
    return render(request, "enrollment/desk/draws/rehearsal.html", context, status=status)
