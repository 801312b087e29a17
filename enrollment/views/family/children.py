"""The facts of a family, each typed once: its children and oneself (UX S10, S12)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audiences import Audience, audience
from accounts.flows import families as flows
from accounts.models import Learner, TeacherProfile
from enrollment.family.home import places_of
from enrollment.family.members import has_another_guardian, members
from enrollment.flows import drafts
from enrollment.forms import family as forms
from enrollment.models import Enrollment, FormDraft

ENROLLING = (
    "enrollment:enroll",
    "enrollment:enroll_check",
    "enrollment:application_new",
)  # pages that a form interrupts and goes back to


def next_address(request) -> str:
    """Where to go on: an address of this site, or ""."""
    address = request.POST.get("next") or request.GET.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/") else ""


def _is_enrolling(address) -> bool:
    try:
        return resolve(address.partition("?")[0]).view_name in ENROLLING
    except Resolver404:
        return False


def _today():
    return timezone.localtime(timezone.now()).date()


# -- Children --------------------------------------------------------------------------------------


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def child_new(request):
    """A new child. What was typed is kept as it is typed; when sent, the enrollment that was interrupted goes on."""
    address = next_address(request)
    if request.method == "POST" and request.POST.get("again"):
        drafts.forget(user=request.user, form="child")
        return redirect(request.get_full_path())
    today = _today()
    draft = FormDraft.objects.filter(user=request.user, form="child").first()
    initial = forms.child_initial_of_draft(draft.data) if draft else _of_siblings(request.user)
    form = forms.ChildForm(request.POST or None, initial=initial, today=today)
    if request.method == "POST" and form.is_valid():
        child = flows.add_child(guardian=request.user, now=timezone.now(), **form.cleaned_data)
        drafts.forget(user=request.user, form="child")
        if _is_enrolling(address):
            return redirect(f"{address}{'&' if '?' in address else '?'}learner={child.pk}")
        messages.success(request, _("Added: %(name)s.") % {"name": child})
        return redirect(address or "enrollment:family_home")
    status = 422 if form.errors else 200
    return render(
        request,
        "enrollment/family/child_new.html",
        _form_context(request, form, address) | {"draft": draft},
        status=status,
    )


def _form_context(request, form, address):
    """The step is told only to a family that enrolls for the first time: it has five."""
    first_time = _is_enrolling(address) and not Enrollment.objects.visible_to(request.user).exists()
    return {
        "form": form,
        "next": address,
        "schools": forms.school_names(),
        "first_time": first_time,
        "enrolling": _is_enrolling(address),
    }


def _of_siblings(user):
    """A second child most often lives where the first one does."""
    child = Learner.objects.visible_to(user).exclude(user=user).exclude(residency="unknown").order_by("-pk").first()
    return {"last_name": child.last_name, "residency": child.residency, "school": child.school} if child else {}


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def child(request, pk):
    """The facts of a child, to read and to correct."""
    learner = get_object_or_404(Learner.objects.visible_to(request.user).select_related("school"), pk=pk)
    if learner.user_id == request.user.pk:
        return redirect("enrollment:profile")
    address, today = next_address(request), _today()
    initial = forms.ChildForm.initial_of(learner, today=today)
    form = forms.ChildForm(request.POST or None, initial=initial, today=today)
    if request.method == "POST" and form.is_valid():
        flows.update_child(learner=learner, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(address or request.path)
    member = next(member for member in members(request.user) if member.pk == learner.pk)
    return render(
        request, "enrollment/family/child.html",
        _form_context(request, form, address) | {
            "member": member, "rows": places_of(member, now=timezone.now()),
            "another_guardian": has_another_guardian(learner, user=request.user),
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


@audience(Audience.SIGNED_IN)
@require_POST
def draft_save(request, form):
    """Keep a half-typed form; answers with the line that says so."""
    if form not in forms.DRAFTS:
        raise Http404
    now = timezone.now()
    drafts.save(user=request.user, form=form, data=forms.draft_of(form, request.POST), now=now)
    return render(request, "enrollment/family/_saved.html", {"saved_at": now})


# -- Oneself ---------------------------------------------------------------------------------------


@audience(Audience.SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request):
    """Own name, phone and language. Within a first enrollment only what is needed for it is asked."""
    user, address = request.user, next_address(request)
    enrolling = _is_enrolling(address)
    teacher = TeacherProfile.objects.filter(user=user).select_related("school").first()
    as_teacher = teacher is not None or "teacher" in request.GET
    form = forms.ProfileForm(
        request.POST or None, as_teacher=as_teacher, brief=enrolling and not _is_complete(user, as_teacher, teacher),
        initial={
            "first_name": user.first_name, "last_name": user.last_name, "phone": user.phone, "language": user.language,
            "school": teacher.school if teacher else None,
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        flows.update_contact(
            user=user, first_name=told["first_name"], last_name=told["last_name"], phone=told.get("phone", user.phone),
            language=told.get("language"),
        )  # fmt: skip
        if as_teacher:
            flows.teaches_at(user=user, school=told["school"])
        if not address:
            messages.success(request, _("Saved."))
        return redirect(address or reverse("enrollment:profile"))
    return render(
        request, "enrollment/family/profile.html",
        _form_context(request, form, address) | {"as_teacher": as_teacher, "phone_asked": "phone" in form.fields},
        status=422 if form.errors else 200,
    )  # fmt: skip


def _is_complete(user, as_teacher, teacher):
    return bool(user.first_name and user.last_name and (teacher if as_teacher else user.phone))
