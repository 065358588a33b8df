"""The opt-out matrix: every way in which somebody says "leave me out", as small worlds of invented people."""
