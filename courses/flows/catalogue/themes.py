"""From a course of the catalogue to its topic (UX, Rulings 10) and to the letter of its groups' codes."""

from courses.models import CourseKind, ProgramKind, Topic

# What a course's id says more exactly than its area does: {first word of the id: (letter, topic)}.
_BY_WORD = {
    "minecraft": ("M", Topic.PROGRAMMING),
    "logika": ("L", Topic.PROGRAMMING),
    "foto": ("F", Topic.MEDIA),
    "video": ("V", Topic.MEDIA),
    "animacija": ("A", Topic.DESIGN),
    "spelu": ("S", Topic.PROGRAMMING),
    "datorzinibas": ("B", Topic.PROGRAMMING),
}
_BY_AREA = {
    "robotics": ("R", Topic.ROBOTICS),
    "drones": ("E", Topic.ROBOTICS),
    "electronics": ("E", Topic.ROBOTICS),
    "engineering": ("I", Topic.ROBOTICS),
    "technology": ("I", Topic.ROBOTICS),
    "vr": ("X", Topic.ROBOTICS),
    "programming": ("P", Topic.PROGRAMMING),
    "web": ("W", Topic.PROGRAMMING),
    "data": ("P", Topic.PROGRAMMING),
    "mathematics": ("P", Topic.PROGRAMMING),
    "3d": ("D", Topic.DESIGN),
    "design": ("G", Topic.DESIGN),
    "making": ("J", Topic.DESIGN),
    "media": ("F", Topic.MEDIA),
    "marketing": ("O", Topic.MEDIA),
    "media_literacy": ("O", Topic.MEDIA),
    "science": ("Z", Topic.SCIENCE),
    "stem": ("Z", Topic.SCIENCE),
    "exhibition": ("Z", Topic.SCIENCE),
    "visit": ("Z", Topic.SCIENCE),
    "event": ("Z", Topic.SCIENCE),
    "team": ("Z", Topic.SCIENCE),
    "mixed": ("K", Topic.SCIENCE),
    "inclusive": ("Z", Topic.SCIENCE),
}
_OTHERWISE = ("O", Topic.ADULTS)  # office, security, e-services, …: digital skills
_BY_KIND = {CourseKind.CAMP: "N", CourseKind.SHORT_SCHOOL: "K", CourseKind.TEACHER_TRAINING: "T"}  # before the theme
_OF_CHILDREN = ("Z", Topic.SCIENCE)


def _theme(course):
    known = _BY_WORD.get(course["id"].partition("-")[0]) or _BY_AREA.get(course["area"])
    return known or (_OF_CHILDREN if course["programme"] == ProgramKind.CHILDREN else _OTHERWISE)


def topic_of(course) -> Topic:
    return _theme(course)[1]


def letter_of(course) -> str:
    """The letter of its groups: "R" of R-2. What a family says on the phone begins with what is taught."""
    return _BY_KIND.get(course["kind"]) or _theme(course)[0]
