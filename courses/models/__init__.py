from .change import ChangeKind, LessonChange, TimetableChange
from .course import Audience, Certificate, Course, CourseKind, CourseStatus, FeePolicy, Topic
from .feed import FeedState, PublicFeed
from .lesson import Lesson, LessonState
from .place import Room, Venue
from .program import Allocation, Program, ProgramKind
from .rule import EligibilityRule, RuleKind, VentspilsEvidence
from .run import CourseRun, RunKind, RunState
from .term import Break, Term
from .window import FirstServed, PriorityWindow

__all__ = [
    "Allocation", "Audience", "Break", "Certificate", "ChangeKind", "Course", "CourseKind", "CourseRun", "CourseStatus",
    "EligibilityRule", "FeePolicy", "FeedState", "FirstServed", "Lesson", "LessonChange", "LessonState", "PriorityWindow",
    "Program", "ProgramKind", "PublicFeed", "Room", "RuleKind", "RunKind", "RunState", "Term", "TimetableChange", "Topic",
    "VentspilsEvidence", "Venue",
]  # fmt: skip
