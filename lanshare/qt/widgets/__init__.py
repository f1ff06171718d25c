"""What a window is put together from."""
