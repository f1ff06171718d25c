"""The desktop around the window: notices, the tray, and programs that open files and links."""
