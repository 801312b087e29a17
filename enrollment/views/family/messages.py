"""The letters that a family was sent, to read again."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audiences import Audience, audience
from accounts.outbox import flows as outbox
from accounts.outbox.delivery import SIGN_IN_CODE
from accounts.outbox.models import Message

PER_PAGE = 30


def _letters(user):
    # Sign-in codes are of no use afterwards and are not kept.
    return Message.objects.visible_to(user).exclude(kind=SIGN_IN_CODE).order_by("-sent_at", "-pk")


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def message_list(request):
    page = Paginator(_letters(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "enrollment/family/messages.html", {"page": page, "unread": any(one.read_at is None for one in page)}
    )


@audience(Audience.SIGNED_IN)
@never_cache
@require_safe
def message(request, pk):
    letter = get_object_or_404(_letters(request.user), pk=pk)
    return render(request, "enrollment/family/message.html", {"letter": letter})


@audience(Audience.SIGNED_IN)
@require_POST
def messages_read(request):
    """Opening a letter changes nothing; the page sends this by itself, or the reader presses the button."""
    number = request.POST.get("message", "")
    outbox.mark_read(
        user=request.user,
        now=timezone.now(),
        message_id=int(number) if number.isdecimal() and len(number) < 18 else None,
    )
    return redirect("enrollment:messages")
