"""Keys: ours, the peers', and the proof that somebody holds one. No I/O."""
