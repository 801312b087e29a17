"""What is kept about people: users, families, roles, and what the libraries for signing in keep."""

from dataclasses import replace

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session

from accounts.models import Guardianship, Learner, RoleGrant, School, TeacherProfile, User
from accounts.personal import Category, Declarations, Erase, Export, Ground, Kept, Mask, Personal, Reader, impersonal

_STAFF_READ = (Reader.DESK, Reader.ADMINISTRATOR)
_WHO_SIGNS_IN = {"ground": Ground.PUBLIC_TASK, "kept": Kept.ACCOUNT}
_LEARNER = {"ground": Ground.PUBLIC_TASK, "kept": Kept.LEARNER}

_name = Personal(
    Category.IDENTITY, "address people and tell them apart", **_WHO_SIGNS_IN, export=Export.AS_IT_IS, erase=Erase.REPLACE,
    mask=Mask.WHOLE, readers=(Reader.SELF, *_STAFF_READ), names=True,
)  # fmt: skip
_search = Personal(
    Category.IDENTITY, "find a person by a part of the name, the e-mail address or the phone", **_WHO_SIGNS_IN,
    export=Export.OMITTED, erase=Erase.EMPTY, mask=Mask.HIDDEN, readers=(Reader.NOBODY,),
)  # fmt: skip
_email = Personal(
    Category.CONTACT, "send sign-in codes and letters about places", **_WHO_SIGNS_IN, export=Export.AS_IT_IS,
    erase=Erase.EMPTY, mask=Mask.OWN_PAGE, readers=(Reader.SELF, *_STAFF_READ),
)  # fmt: skip
_phone = Personal(
    Category.CONTACT, "call about a lesson that changes today", **_WHO_SIGNS_IN, export=Export.AS_IT_IS,
    erase=Erase.EMPTY, mask=Mask.LAST_FOUR, readers=(Reader.SELF, Reader.DESK),
)  # fmt: skip
_language = Personal(
    Category.ACCOUNT, "write in the language of the reader", **_WHO_SIGNS_IN, export=Export.AS_IT_IS, erase=Erase.KEEP,
    mask=Mask.WHOLE, readers=(Reader.SELF, *_STAFF_READ),
)  # fmt: skip
_account = Personal(
    Category.ACCOUNT, "know whether an account is used and may be used", **_WHO_SIGNS_IN, export=Export.AS_IT_IS,
    erase=Erase.KEEP, mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.ADMINISTRATOR),
)  # fmt: skip
_credential = Personal(
    Category.ACCOUNT, "let the right person in", ground=Ground.LEGAL_DUTY, kept=Kept.ACCOUNT, export=Export.OMITTED,
    erase=Erase.DELETE_ROW, mask=Mask.HIDDEN, readers=(Reader.NOBODY,),
)  # fmt: skip
_teaching = Personal(
    Category.SCHOOLING, "give teachers of Ventspils their training free of charge", **_WHO_SIGNS_IN,
    export=Export.AS_IT_IS, erase=Erase.DELETE_ROW, mask=Mask.OWN_PAGE, readers=(Reader.SELF, *_STAFF_READ),
)  # fmt: skip

_learner_name = Personal(
    Category.IDENTITY, "call a child by name and tell participants apart", **_LEARNER, export=Export.AS_IT_IS,
    erase=Erase.REPLACE, mask=Mask.WHOLE, readers=(Reader.SELF, Reader.FAMILY, Reader.INSTRUCTOR, *_STAFF_READ), names=True,
)  # fmt: skip
_nickname = Personal(
    Category.IDENTITY, "name a child in calendars by less than a name", **_LEARNER, export=Export.AS_IT_IS,
    erase=Erase.EMPTY, mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.FAMILY, Reader.LINK, Reader.ADMINISTRATOR),
)  # fmt: skip
_learner_search = Personal(
    Category.IDENTITY, "find a learner by a part of the name, and list them by the Latvian alphabet", **_LEARNER,
    export=Export.OMITTED, erase=Erase.REPLACE, mask=Mask.HIDDEN, readers=(Reader.NOBODY,),
)  # fmt: skip
_birth = Personal(
    Category.AGE, "check the age that a course is for, and know from when a learner decides alone", **_LEARNER,
    export=Export.AS_IT_IS, erase=Erase.EMPTY, mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.FAMILY, *_STAFF_READ),
)  # fmt: skip
_school = Personal(
    Category.SCHOOLING, "check who learns free of charge", **_LEARNER, export=Export.REFERENCE, erase=Erase.EMPTY,
    mask=Mask.WHOLE, readers=(Reader.SELF, Reader.FAMILY, *_STAFF_READ),
)  # fmt: skip
_grade = Personal(
    Category.SCHOOLING, "check the grade that a course is for, and teach what fits it", **_LEARNER, export=Export.AS_IT_IS,
    erase=Erase.EMPTY, mask=Mask.WHOLE, readers=(Reader.SELF, Reader.FAMILY, Reader.INSTRUCTOR, *_STAFF_READ),
)  # fmt: skip
_residence = Personal(
    Category.RESIDENCE, "check who learns free of charge", **_LEARNER, export=Export.AS_IT_IS, erase=Erase.EMPTY,
    mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.FAMILY, *_STAFF_READ),
)  # fmt: skip
_bond = Personal(
    Category.FAMILY, "know who acts for a child", **_LEARNER, export=Export.ROLE_ONLY, erase=Erase.DELETE_ROW,
    mask=Mask.OWN_PAGE, readers=(Reader.SELF, *_STAFF_READ),
)  # fmt: skip

_role = Personal(
    Category.STAFF, "let staff do their work, and know since when and by whom they may", ground=Ground.LEGAL_DUTY,
    kept=Kept.ROLE, export=Export.AS_IT_IS, erase=Erase.DETACH, mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.ADMINISTRATOR),
)  # fmt: skip
_staff_log = Personal(
    Category.STAFF, "know who looked at or changed what", ground=Ground.LEGAL_DUTY, kept=Kept.ROLE, export=Export.AS_IT_IS,
    erase=Erase.DETACH, mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.ADMINISTRATOR),
)  # fmt: skip
_session = Personal(
    Category.ACCOUNT, "keep somebody signed in", ground=Ground.PUBLIC_TASK, kept=Kept.SESSION, export=Export.OMITTED,
    erase=Erase.DELETE_ROW, mask=Mask.HIDDEN, readers=(Reader.NOBODY,),
)  # fmt: skip

FIELDS: Declarations = {
    School: impersonal("id name municipality search_key"),
    User: impersonal("id")
    | {
        "email": _email, "first_name": _name, "last_name": _name, "phone": _phone, "language": _language,
        "search_key": _search, "password": replace(_credential, erase=Erase.EMPTY), "last_login": _account, "is_active": _account,
        "date_joined": _account, "is_staff": _role, "is_superuser": _role, "groups": None, "user_permissions": None,
    },
    TeacherProfile: impersonal("id")
    | {"user": _teaching, "school": replace(_teaching, mask=Mask.WHOLE), "subject": _teaching, "confirmed_at": replace(_teaching, mask=Mask.WHOLE)},
    Learner: impersonal("id changed_at")
    | {
        "user": replace(_bond, erase=Erase.EMPTY), "first_name": _learner_name, "last_name": _learner_name, "birth_date": _birth, "school": _school,
        "grade": _grade, "grade_school_year": _grade, "residency": _residence, "evidence_confirmed_at": replace(_residence, mask=Mask.WHOLE),
        "calendar_name": _nickname, "search_key": _learner_search, "sort_key": _learner_search,
    },
    Guardianship: impersonal("id") | dict.fromkeys(("guardian", "learner", "started_at", "ended_at"), _bond),
    RoleGrant: impersonal("id") | dict.fromkeys(("user", "role", "granted_by", "granted_at", "ended_at"), _role),
    # Tables of libraries
    EmailAddress: impersonal("id")
    | dict.fromkeys(("user", "email"), replace(_email, erase=Erase.DELETE_ROW))
    | dict.fromkeys(("verified", "primary"), replace(_account, erase=Erase.DELETE_ROW)),
    Authenticator: impersonal("id")
    | {"data": _credential}
    | dict.fromkeys(("user", "type", "created_at", "last_used_at"), replace(_account, erase=Erase.DELETE_ROW)),
    Session: dict.fromkeys(("session_key", "session_data", "expire_date"), _session),
    LogEntry: impersonal("id content_type")
    | dict.fromkeys(("action_time", "user", "object_id", "object_repr", "action_flag", "change_message"), _staff_log),
}  # fmt: skip
