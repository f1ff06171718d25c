"""The side of a data link that sends: what a list names goes out, what the other side has is passed over."""
