"""How the places of a program and term were given: counted, rid of small numbers, put into words.

docs/decisions/0008-fairness-figures.md
"""
