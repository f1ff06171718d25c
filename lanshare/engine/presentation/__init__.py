"""What both shells show alike: sentences for people, texts of peers made harmless, what a click may open."""
