"""What a course costs, in words: for cards, for its page and for the filter of what is free.

Money is `Decimal` in EUR. A course's own price stands before the one of its fee policy.
"""

from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.formatting import amount, money

# Who pays nothing and is the usual visitor of such a course, so that its card says "free".
_USUAL_EXEMPTIONS = frozenset(
    {
        "attends_ventspils_school", "declared_residence_ventspils", "ventspils_preschool",
        "employed_by_ventspils_school", "project_target_group", "municipal_employee",
    }
)  # fmt: skip


def full_price(price: Decimal | None, policy_amount: Decimal | None) -> Decimal | None:
    """What somebody without any exemption pays; None when it is agreed case by case."""
    return price if price is not None else policy_amount


def is_free(price: Decimal | None, policy_amount: Decimal | None, exempt: list | None) -> bool:
    """Whether it costs nothing, at least for those it is mainly for."""
    return full_price(price, policy_amount) == 0 or not _USUAL_EXEMPTIONS.isdisjoint(exempt or ())


def price_line(course) -> str:
    """ "5,00 €", "Bez maksas", "Bez maksas Ventspils skolēniem", or nothing when the price is not fixed."""
    policy = course.fee_policy
    full = full_price(course.price, policy.amount if policy else None)
    if policy and full and is_free(course.price, policy.amount, policy.exempt):
        return policy.name
    return "" if full is None else money(full)


def other_price_line(course) -> str:
    """What the others pay where the usual visitor pays nothing: "pārējiem: 20,00 € mēnesī"; otherwise nothing."""
    policy = course.fee_policy
    full = full_price(course.price, policy.amount if policy else None)
    if not (policy and full and is_free(course.price, policy.amount, policy.exempt)):
        return ""
    return _("others: %(price)s") % {"price": per_unit(full, "" if course.price is not None else policy.unit)}


def reduction_lines(course) -> list[str]:
    """ "Senioriem: 32,00 €", one line per reduction that the policy names."""
    policy = course.fee_policy
    full = full_price(course.price, policy.amount if policy else None)
    words = {
        "senior": _("Seniors: %(price)s"), "unemployed": _("Unemployed: %(price)s"),
        "disability": _("People with a disability: %(price)s"), "ventspils-pupil": _("Ventspils pupils: %(price)s"),
        "large-family": _("Large families: %(price)s"),
    }  # fmt: skip
    lines = []
    for reduction in policy.reductions if policy and full else ():
        if (sentence := words.get(reduction.get("id"))) is None:
            continue
        if reduction.get("amount") is not None:
            reduced = Decimal(str(reduction["amount"]))
        else:
            reduced = (full * (100 - Decimal(str(reduction.get("percent", 0)))) / 100).quantize(Decimal("0.01"))
        lines.append(sentence % {"price": amount(reduced)})
    return lines


def per_unit(price: Decimal, unit: str) -> str:
    """ "20,00 € mēnesī"; the sum alone for a unit that needs no word."""
    sentences = {
        "month": _("%(price)s per month"), "child_visit": _("%(price)s per child and visit"),
        "academic_hour": _("%(price)s per academic hour"), "person": _("%(price)s per person"),
        "pupil": _("%(price)s per pupil"), "group": _("%(price)s per group"),
    }  # fmt: skip
    return sentences[unit] % {"price": amount(price)} if unit in sentences else amount(price)
