"""Building the season, for coordinators and managers: terms, groups, a year copied, everything published; venues."""
