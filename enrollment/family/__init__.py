"""What a family reads: its home, week, choices and receipts. The desk's view of a family is in enrollment/families.py."""
