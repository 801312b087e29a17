"""Who belongs to a family, in which colour, and whom its login may decide for."""

from dataclasses import dataclass

from accounts.models import Guardianship, Learner, User
from accounts.statements import Statement

CHILD_COLORS, OWN_COLOR = 3, 4


@dataclass(frozen=True)
class Member:
    """A learner as their family sees them: children in colours 1-3, oneself in 4."""

    learner: Learner
    color: int
    is_self: bool = False

    @property
    def pk(self):
        return self.learner.pk

    @property
    def name(self):
        return str(self.learner)

    @property
    def first_name(self):
        return self.learner.first_name

    def may_decide(self, *, today) -> bool:
        """Whether this login may enroll and give back for them; a pupil's own login may only look."""
        return not self.is_self or self.learner.decides_on(today)


_of_family = Statement(lambda user_id: Learner.objects.visible_to(user_id).select_related("school").order_by("pk"))


def members(user: User) -> list[Member]:
    """The user's children in the order in which they came, then the user; one query."""
    learners = _of_family(user.pk)
    children = [one for one in learners if one.user_id != user.pk]
    family = [Member(one, index % CHILD_COLORS + 1) for index, one in enumerate(children)]
    return family + [Member(one, OWN_COLOR, is_self=True) for one in learners if one.user_id == user.pk]


def oneself(user: User, family: list[Member]) -> Member:
    """The user as a learner; before the first enrollment somebody who is not in the records yet, known by id 0."""
    known = next((one for one in family if one.is_self), None)
    unknown = Learner(pk=0, user=user, first_name=user.first_name, last_name=user.last_name)
    return known or Member(unknown, OWN_COLOR, is_self=True)


def has_another_guardian(learner: Learner, *, user: User) -> bool:
    """Whether somebody else acts for the child too; who it is stays with them."""
    return Guardianship.objects.live().filter(learner=learner).exclude(guardian=user).exists()
