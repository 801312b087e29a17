"""The board on paper and in files: exactly what the page shows, and no more about people than it."""
