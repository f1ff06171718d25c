"""What runs in threads of its own beside the engine's: links, walks, comparisons. They post to the inbox."""
