"""Building a season: terms with their breaks, draft groups, a year copied, and everything published at once.

`terms` know days, `drafts` and `dates` the groups that are being built, `copying` last year's, `checking` what is to be
looked at before `publishing`. Drafts have planned lessons, which take nobody's room (docs/decisions/0009-timetable.md).
"""
