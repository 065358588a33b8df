"""Which accounts belong to one person."""
