"""The window: a shell over the node. Widgets show, models translate, the node decides."""
