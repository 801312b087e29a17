from .draft import FormDraft
from .enrollment import ENDED, HOLDING, LIVE, Enrollment, EnrollmentState, Submission
from .feed import FeedKind, FeedLink
from .ledger import LedgerEntry, LedgerEvent
from .waitlist import OfferState, WaitlistOffer

__all__ = [
    "ENDED", "HOLDING", "LIVE", "Enrollment", "EnrollmentState", "FeedKind", "FeedLink", "FormDraft",
    "LedgerEntry", "LedgerEvent", "OfferState", "Submission", "WaitlistOffer",
]  # fmt: skip
