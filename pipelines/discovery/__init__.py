"""Discovery: who is worth a first visit, judged by who leads there and in which words."""
