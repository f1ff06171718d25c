"""A conversation as rows: messages, cards of transfers, days, and how they are built, scrolled and led by keys."""
