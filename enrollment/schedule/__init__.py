"""Reads of the visual timetable: the board of a day or a week, what is in its way, and where there is room."""
