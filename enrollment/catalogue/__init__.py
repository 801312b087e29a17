"""Reads of the public pages: what is offered, filtered, put in order and described for its cards and pages."""
