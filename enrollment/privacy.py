"""What is kept about people who take part: applications, places, history, offers, calendar links, drafts."""

from dataclasses import replace

from accounts.personal import Category, Declarations, Erase, Export, Ground, Kept, Mask, Personal, Reader, impersonal
from enrollment.models import (
    Applicant,
    Application,
    Draw,
    Enrollment,
    FairnessReport,
    FeedLink,
    FormDraft,
    LedgerEntry,
    Submission,
    WaitlistOffer,
    Wish,
)

_ALL = (Reader.SELF, Reader.FAMILY, Reader.INSTRUCTOR, Reader.DESK, Reader.ADMINISTRATOR)
_WITHOUT_INSTRUCTORS = (Reader.SELF, Reader.FAMILY, Reader.DESK, Reader.ADMINISTRATOR)

_learner = Personal(
    Category.PARTICIPATION, "give places by the published rules, and know who takes part", ground=Ground.PUBLIC_TASK,
    kept=Kept.PLACE, export=Export.REFERENCE, erase=Erase.DETACH, mask=Mask.WHOLE, readers=_ALL,
)  # fmt: skip
_fact = Personal(
    Category.PARTICIPATION, "give places by the published rules, and show why they were given so", ground=Ground.PUBLIC_TASK,
    kept=Kept.PLACE, export=Export.AS_IT_IS, erase=Erase.KEEP, mask=Mask.WHOLE, readers=_WITHOUT_INSTRUCTORS,
)  # fmt: skip
_state = replace(_fact, readers=_ALL)
_thing = replace(_fact, export=Export.REFERENCE)
_who = Personal(
    Category.PARTICIPATION, "know who asked, answered or decided", ground=Ground.PUBLIC_TASK, kept=Kept.PLACE,
    export=Export.ROLE_ONLY, erase=Erase.DETACH, mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.DESK, Reader.ADMINISTRATOR),
)  # fmt: skip
_reason = replace(
    _who, purpose="show why staff decided otherwise than by rule", export=Export.AS_IT_IS, erase=Erase.EMPTY
)
_guest_name = Personal(
    Category.IDENTITY, "let a party in that has booked a workshop", ground=Ground.CONTRACT, kept=Kept.PLACE,
    export=Export.AS_IT_IS, erase=Erase.REPLACE, mask=Mask.WHOLE,
    readers=(Reader.LINK, Reader.INSTRUCTOR, Reader.DESK, Reader.ADMINISTRATOR),
)  # fmt: skip
_guest_contact = Personal(
    Category.CONTACT, "send the ticket and tell of changes", ground=Ground.CONTRACT, kept=Kept.PLACE, export=Export.AS_IT_IS,
    erase=Erase.REPLACE, mask=Mask.OWN_PAGE, readers=(Reader.LINK, Reader.DESK, Reader.ADMINISTRATOR),
)  # fmt: skip
_draft = Personal(
    Category.ACCOUNT, "let an interrupted form go on, on another device too", ground=Ground.PUBLIC_TASK, kept=Kept.DRAFT,
    export=Export.AS_IT_IS, erase=Erase.DELETE_ROW, mask=Mask.OWN_PAGE, readers=(Reader.SELF,),
)  # fmt: skip
_link = Personal(
    Category.ACCOUNT, "let somebody's calendar program read the lessons, and let them end that", ground=Ground.PUBLIC_TASK,
    kept=Kept.LINK, export=Export.AS_IT_IS, erase=Erase.DELETE_ROW, mask=Mask.OWN_PAGE,
    readers=(Reader.SELF, Reader.ADMINISTRATOR),
)  # fmt: skip
_secret = replace(_link, export=Export.OMITTED, mask=Mask.HIDDEN, readers=(Reader.NOBODY,))
_cached = replace(_secret, purpose="answer a calendar program that nothing has changed")
_pseudonym = replace(
    _fact, purpose="open the same application again, and stand for it in the published record of a draw",
    readers=(Reader.SELF, Reader.FAMILY, Reader.LINK, Reader.ADMINISTRATOR), mask=Mask.OWN_PAGE,
)  # fmt: skip

FIELDS: Declarations = {
    Submission: impersonal("id")
    | {"key": _pseudonym, "submitted_by": _who, "received_at": _fact, "is_together": _fact},
    Enrollment: impersonal("id version changed_at calendar_ref")
    | {
        "run": _thing, "submission": _thing, "learner": _learner, "guest_name": _guest_name, "guest_email": _guest_contact,
        "guest_language": _guest_contact, "seats": _state, "state": _state, "priority": _fact, "received_at": _fact,
        "entered_by": _who, "releases_at": _fact, "releases_to": _fact, "ended_at": _fact, "moved_from": _thing,
        "replaces": _thing, "trial_lesson": replace(_thing, readers=_ALL), "trial_ends_at": _fact, "reconfirm_by": _fact,
        "reconfirm_remind_at": _fact, "reconfirmed_at": _fact,
    },
    LedgerEntry: impersonal("id number")
    | {
        "enrollment": _thing, "run": _thing, "event": _fact, "from_state": _fact, "to_state": _fact, "seats": _fact,
        "by": _who, "at": _fact, "reason": _reason, "overrides": replace(_reason, erase=Erase.KEEP),
    },
    WaitlistOffer: impersonal("id")
    | {
        "enrollment": _thing, "state": _fact, "offered_at": _fact, "remind_at": _fact, "reminded_at": _fact,
        "expires_at": _fact, "answered_at": _fact, "answered_by": _who,
    },
    Application: impersonal("id")
    | {
        "key": _pseudonym, "state": _fact, "draw": _thing, "learners": _learner, "places_wanted": _fact, "prepared_by": _who,
        "prepared_at": _fact, "received_at": _fact, "ended_at": _fact, "submission": _thing,
    },
    Applicant: impersonal("id") | {"application": _thing, "learner": _learner, "draw": _thing},
    Wish: impersonal("id")
    | {"application": _thing, "run": _thing, "rank": _fact, "joins_waitlist": _fact, "outcome": _fact},
    # Its record knows applications by their pseudonyms alone.
    Draw: impersonal(
        "id slug name_lv name_en program term runs state seed seed_sha256 announced_at opens_at closes_at held_at record"
    ),
    FairnessReport: impersonal("id program term opened_at computed_at figures"),  # counts, small ones left out
    FeedLink: impersonal("id room")
    | {
        "user": _link, "kind": _link, "learner": _link, "name": _link, "language": _link, "created_at": _link,
        "revoked_at": _link, "last_fetched_at": _link, "last_fetched_by": _link, "token_sha256": _secret,
        "fingerprint": _cached, "etag": _cached, "octets_changed_at": _cached,
    },
    FormDraft: impersonal("id") | {"user": _draft, "form": _draft, "data": _draft, "saved_at": _draft},
}  # fmt: skip
