"""Figures, printed as JSON: `python -m benchmarks.<name> --json`."""
