"""The window: a shell over the engine. Widgets show, models translate, the engine decides."""
