"""What is kept about people among courses and lessons: who teaches, and nothing else."""

from accounts.personal import Category, Declarations, Erase, Export, Ground, Kept, Mask, Personal, Reader, impersonal
from courses.models import (
    Break,
    Course,
    CourseRun,
    EligibilityRule,
    FeePolicy,
    Lesson,
    LessonChange,
    PriorityWindow,
    Program,
    PublicFeed,
    Room,
    Term,
    TimetableChange,
    Venue,
)

_teaches = Personal(
    Category.STAFF, "know who teaches a group, and let them see it", ground=Ground.PUBLIC_TASK, kept=Kept.ROLE,
    export=Export.REFERENCE, erase=Erase.DETACH, mask=Mask.WHOLE,
    readers=(Reader.SELF, Reader.FAMILY, Reader.INSTRUCTOR, Reader.DESK, Reader.ADMINISTRATOR),
)  # fmt: skip

_decided = Personal(
    Category.STAFF, "know who changed the timetable, and undo it", ground=Ground.PUBLIC_TASK, kept=Kept.ROLE,
    export=Export.ROLE_ONLY, erase=Erase.DETACH, mask=Mask.WHOLE,
    readers=(Reader.SELF, Reader.DESK, Reader.ADMINISTRATOR),
)  # fmt: skip

_NAMES, _IN_BOTH = "id slug name_lv name_en", "summary_lv summary_en"

FIELDS: Declarations = {
    Program: impersonal(
        f"{_NAMES} {_IN_BOTH} kind allocation max_places_per_term forbids_clash offer_hours confirms_directly "
        "trial_answer_hours reconfirm_days has_standby"
    ),
    FeePolicy: impersonal(f"{_NAMES} amount unit exempt reductions vat"),
    Course: impersonal(
        f"id slug title_lv title_en {_IN_BOTH} program kind status topic audience prerequisite_lv prerequisite_en grade_min "
        "grade_max age_min age_max duration_minutes lessons_planned academic_hours certificate fee_policy price information "
        "search_key"
    ),
    CourseRun: impersonal(
        "id course term copied_from slug code kind state room weekday start_time duration_minutes starts_on starts_at ends_at "
        "enrollment_opens_at enrollment_closes_at offers_end_at minimum_size decision_on decided_at cancellation_reason "
        "capacity seats_taken seats_offered waitlist_length changed_at"
    )
    | {"instructors": _teaches},
    Lesson: impersonal(
        "id run room starts_at ends_at state is_remote topic cancel_reason replaces change_note sequence changed_at"
    )
    | {"instructors": _teaches},
    TimetableChange: impersonal("id key kind reason made_at undone_at") | {"made_by": _decided, "undone_by": _decided},
    LessonChange: impersonal("id change run lesson") | {"before": _teaches, "after": _teaches},
    EligibilityRule: impersonal("id program course kind minimum maximum counted_on evidence prerequisite"),
    PriorityWindow: impersonal("id program term who opens_at"),
    PublicFeed: impersonal("id path language fingerprint etag octets_changed_at"),
    Venue: impersonal(f"{_NAMES} short_name address latitude longitude opening_hours"),
    Room: impersonal(f"{_NAMES} venue capacity use"),
    Term: impersonal(f"{_NAMES} starts_on ends_on classes_start_on enrollment_opens_at"),
    Break: impersonal(f"{_NAMES} term starts_on ends_on grade"),
}
