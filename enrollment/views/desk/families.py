"""Finding a family, its page, and what staff write into it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.audiences import Audience, audience
from accounts.flows import disclosures, evidence, families, walk_in
from accounts.models import Learner, School, User
from enrollment.desk import people
from enrollment.desk.families import children_of, duplicates, family_of
from enrollment.forms.desk import FactsForm, NewChildForm, NewFamilyForm

from .undo import undo_from


@audience(Audience.DESK)
@never_cache
@require_GET
def search(request):
    """One box; scripts ask for the results alone, and get the same as the whole page shows."""
    found = people.search(request.GET.get("q", ""), now=timezone.now())
    is_live = request.htmx and not request.htmx.history_restore_request
    template = "enrollment/desk/people_results.html" if is_live else "enrollment/desk/people.html"
    return render(request, template, {"found": found})


@audience(Audience.DESK)
@never_cache
@require_GET
def family(request, pk):
    learner = get_object_or_404(Learner.objects.select_related("school", "user"), pk=pk)
    return _family_page(request, learner)


def _family_page(request, learner, **more):
    now = timezone.now()
    context = {"family": family_of(learner=learner, now=now), "undo": undo_from(request, now=now), "now": now}
    return render(request, "enrollment/desk/family.html", context | more)


@audience(Audience.DESK)
@never_cache
@require_POST
def phone(request, pk, user_pk):
    """The whole number, one deliberate step away; the step is written down (UX, rule 9)."""
    learner = get_object_or_404(Learner.objects.select_related("school", "user"), pk=pk)
    acting = User.objects.filter(guardianships__learner=learner, guardianships__ended_at=None)
    user = get_object_or_404((acting | User.objects.filter(learner=learner)).distinct(), pk=user_pk)
    disclosures.show_phone(of=user, to=request.user, now=timezone.now())
    if request.htmx:
        return render(request, "enrollment/desk/phone.html", {"user_shown": user})
    return _family_page(request, learner, shown_phone=user.pk)


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def facts(request, pk):
    learner = get_object_or_404(Learner.objects.select_related("school", "user"), pk=pk)
    now = timezone.now()
    form = FactsForm(
        request.POST if request.method == "POST" else None, learner=learner, today=timezone.localtime(now).date()
    )
    if request.method == "POST" and form.is_valid():
        families.update_child(learner=learner, now=now, **form.facts())
        messages.success(request, _("The facts are corrected."))
        return redirect("enrollment:desk_family", pk=learner.pk)
    context = {"learner": learner, "form": form, "schools": School.objects.order_by("name")}
    return render(request, "enrollment/desk/facts.html", context, status=422 if form.is_bound else 200)


@audience(Audience.DESK)
@never_cache
@require_POST
def confirm_evidence(request, pk):
    learner = get_object_or_404(Learner, pk=pk)
    evidence.confirm(learner=learner, by=request.user, now=timezone.now())
    messages.success(request, _("The evidence is confirmed."))
    return redirect("enrollment:desk_family", pk=learner.pk)


@audience(Audience.DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A walk-in: who may already be known is shown before anybody is made."""
    guardian = _guardian(request)
    form_class = NewChildForm if guardian else NewFamilyForm
    now = timezone.now()
    today = timezone.localtime(now).date()
    form = form_class(
        request.POST if request.method == "POST" else None, initial=_typed(request.GET.get("q", "")), today=today
    )
    known = []
    if request.method == "POST" and form.is_valid():
        if guardian:
            child = families.add_child(guardian=guardian, now=now, **form.facts())
            return redirect("enrollment:desk_enroll", pk=child.pk)
        known = _known(form)
        if not known or (form.cleaned_data["is_new"] and not any(one.is_certain for one in known)):
            child = walk_in.register(
                guardian_name=form.cleaned_data["guardian_name"], phone=form.cleaned_data["phone"],
                email=form.cleaned_data["email"], now=now, **form.facts(),
            )  # fmt: skip
            return redirect("enrollment:desk_enroll", pk=child.pk)
    context = {
        "form": form, "guardian": guardian, "known": known, "can_be_new": not any(one.is_certain for one in known),
        "children_of": children_of([one.guardian for one in known if one.guardian]),
        "schools": School.objects.order_by("name"),
    }  # fmt: skip
    status = 409 if known else 422 if form.is_bound else 200
    return render(request, "enrollment/desk/family_new.html", context, status=status)


def _guardian(request):
    pk = request.GET.get("guardian", "")
    if not pk:
        return None
    if not pk.isdecimal():
        raise Http404
    return get_object_or_404(User, pk=pk, is_active=True)


def _known(form):
    names = ("phone", "email", "first_name", "last_name", "birth_date")
    return duplicates(**{name: form.cleaned_data[name] for name in names})


def _typed(text):
    """What was searched for without success, put into the fields that it may belong to."""
    text = " ".join(text.split())[:160]
    if any(character.isdecimal() for character in text):
        return {"phone": text[:20]}
    first, _space, last = text.rpartition(" ")
    return {"first_name": first or last, "last_name": last if first else ""} if text else {}
