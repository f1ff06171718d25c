"""What is remembered: one SQLite file and a settings file in the profile's folder."""
