"""What is sent: trees are walked and listed, files read in order, hashed as they are read, changes noticed."""
