"""A family as staff see it: guardians, children, their places, what happened and what was sent (UX S31)."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import Guardianship, Learner, User
from accounts.names import fold, phone_digits
from accounts.outbox import delivery
from accounts.outbox.models import Message
from enrollment.flows import waitlist
from enrollment.models import ENDED, Enrollment, EnrollmentState as State, LedgerEntry, WaitlistOffer

TIMELINE, MESSAGES = 60, 12  # newest rows shown


@dataclass(frozen=True)
class Place:
    """One enrollment of a child."""

    enrollment: Enrollment
    position: int | None = None  # in the queue
    offer: WaitlistOffer | None = None


@dataclass(frozen=True)
class Child:
    learner: Learner
    color: int  # 1 to 4
    age: int | None
    grade: int | None
    places: list[Place] = field(default_factory=list)
    ended: list[Enrollment] = field(default_factory=list)


@dataclass(frozen=True)
class Family:
    learner: Learner  # whose page it is
    guardians: list[User]
    children: list[Child]  # the learner first
    timeline: list[LedgerEntry]  # of the learner, newest first
    messages: list[Message]

    @property
    def child(self) -> Child:
        return self.children[0]


def family_of(*, learner: Learner, now: datetime) -> Family:
    """The whole family around a learner, in eight queries."""
    today = timezone.localtime(now).date()
    acting = Guardianship.objects.live().filter(learner=learner).select_related("guardian").order_by("started_at", "pk")
    guardians = [one.guardian for one in acting]
    if learner.user_id:
        guardians.insert(0, learner.user)
    shared = Guardianship.objects.live().filter(guardian__in=guardians).values("learner_id")
    siblings = (
        Learner.objects.filter(pk__in=shared)
        .exclude(pk=learner.pk)
        .select_related("school")
        .order_by("birth_date", "pk")
    )
    learners = [learner, *siblings]
    enrollments = list(
        Enrollment.objects.filter(learner__in=learners)
        .select_related("run__course", "run__room__venue", "submission", "moved_to__run")
        .order_by("-received_at", "-pk")
    )
    positions = waitlist.positions(enrollments)
    offers = {one.enrollment_id: one for one in WaitlistOffer.objects.open().filter(enrollment__learner__in=learners)}
    children = [
        Child(
            learner=one, color=min(index, 4), age=one.age_on(today), grade=one.grade_on(today),
            places=[
                Place(each, positions.get(each.pk), offers.get(each.pk))
                for each in enrollments if each.learner_id == one.pk and each.ended_at is None
            ],
            ended=[each for each in enrollments if each.learner_id == one.pk and each.state in ENDED],
        )
        for index, one in enumerate(learners, 1)
    ]  # fmt: skip
    timeline = (
        LedgerEntry.objects.filter(enrollment__learner=learner).select_related("run", "by").order_by("-at", "-pk")
    )
    addressed = Q(recipient__in=guardians) | Q(learner__in=learners)  # the latter become letters when they are sent
    sent = Message.objects.filter(addressed).exclude(kind=delivery.SIGN_IN_CODE).select_related("recipient")
    return Family(
        learner=learner, guardians=guardians, children=children, timeline=list(timeline[:TIMELINE]),
        messages=list(sent.order_by("-created_at", "-pk")[:MESSAGES]),
    )  # fmt: skip


@dataclass(frozen=True)
class Duplicate:
    """Somebody already known who may be the same: a guardian, or a child."""

    guardian: User | None = None
    learner: Learner | None = None
    is_certain: bool = False  # the e-mail address is the same, so it cannot be a new person


def duplicates(*, phone: str, email: str, first_name: str, last_name: str, birth_date: date | None) -> list[Duplicate]:
    """Guardians with the same phone or e-mail, children with the same name and birth date; two queries."""
    digits = phone_digits(phone)
    same = Q(pk=None)
    if digits:
        same |= Q(search_key__endswith=f" {digits}")
    if email:
        same |= Q(email=email.strip().lower())
    found = [
        Duplicate(guardian=user, is_certain=bool(email) and user.email == email.strip().lower())
        for user in User.objects.filter(same).order_by("pk")
    ]
    born = Learner.objects.filter(birth_date=birth_date).order_by("pk") if birth_date else []
    names = (fold(first_name), fold(last_name))
    found += [Duplicate(learner=one) for one in born if (fold(one.first_name), fold(one.last_name)) == names]
    return found


def children_of(users: list[User]) -> dict[int, list[Learner]]:
    """{user id: the learners they act for}, in one query."""
    found = {user.pk: [] for user in users}
    for one in Guardianship.objects.live().filter(guardian__in=users).select_related("learner").order_by("pk"):
        found[one.guardian_id].append(one.learner)
    return found


def everybody_around(learner: Learner) -> list[Learner]:
    """The learner and those who share a guardian with them, in the order in which they came; one query."""
    acting = Guardianship.objects.live().filter(learner=learner).values("guardian")
    shared = Guardianship.objects.live().filter(guardian__in=acting).values("learner_id")
    return list(Learner.objects.filter(Q(pk=learner.pk) | Q(pk__in=shared)).order_by("pk"))


def live_enrollment(learner: Learner, run_id: int) -> Enrollment | None:
    return learner.enrollments.exclude(state=State.LEAVING).filter(run=run_id, ended_at=None).first()
