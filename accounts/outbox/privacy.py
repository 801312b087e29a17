"""What is kept about people in letters that wait or have left."""

from accounts.outbox.models import Heartbeat, Message
from accounts.personal import Category, Declarations, Erase, Export, Ground, Kept, Mask, Personal, Reader, impersonal

_LETTER = {
    "category": Category.CORRESPONDENCE,
    "ground": Ground.PUBLIC_TASK,
    "kept": Kept.LETTER,
    "erase": Erase.DELETE_ROW,
}

_letter = Personal(
    purpose="write about places and changes, and show again what was written", **_LETTER, export=Export.AS_IT_IS,
    mask=Mask.OWN_PAGE, readers=(Reader.SELF, Reader.ADMINISTRATOR),
)  # fmt: skip
_content = Personal(
    purpose="write about places and changes, and show again what was written", **_LETTER, export=Export.AS_IT_IS,
    mask=Mask.OWN_PAGE, readers=(Reader.SELF,),
)  # fmt: skip
_facts = Personal(
    purpose="compose a letter in the language of its reader", **_LETTER, export=Export.OMITTED, mask=Mask.HIDDEN,
    readers=(Reader.NOBODY,),
)  # fmt: skip

FIELDS: Declarations = {
    Message: impersonal("id event_key channel created_at send_after attempts last_error")
    | {
        "recipient": _letter, "learner": _letter, "address": _content, "language": _letter, "kind": _letter, "facts": _facts,
        "subject": _content, "text": _content, "sent_at": _letter, "stopped_at": _letter, "read_at": _letter,
    },
    Heartbeat: impersonal("id name beat_at"),
}  # fmt: skip
