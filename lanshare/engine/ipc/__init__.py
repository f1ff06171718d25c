"""One engine for each profile: other processes of the same user join it through a private local socket."""
