from .application import PENDING, Applicant, Application, ApplicationState, Wish
from .draft import FormDraft
from .draw import Draw, DrawState
from .enrollment import ATTENDING, ENDED, HOLDING, LIVE, PLACED, Enrollment, EnrollmentState, Submission
from .fairness import FairnessReport
from .feed import FeedKind, FeedLink
from .ledger import LedgerEntry, LedgerEvent
from .waitlist import OfferState, WaitlistOffer

__all__ = [
    "ATTENDING",
    "ENDED",
    "HOLDING",
    "LIVE",
    "PENDING",
    "PLACED",
    "Applicant",
    "Application",
    "ApplicationState",
    "Draw",
    "DrawState",
    "Enrollment",
    "EnrollmentState",
    "FairnessReport",
    "FeedKind",
    "FeedLink",
    "FormDraft",
    "LedgerEntry",
    "LedgerEvent",
    "OfferState",
    "Submission",
    "WaitlistOffer",
    "Wish",
]  # fmt: skip
