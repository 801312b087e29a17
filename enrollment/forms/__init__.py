"""Input of the pages: its shape and type. Rules live in the flows."""
