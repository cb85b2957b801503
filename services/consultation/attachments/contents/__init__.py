"""What kind of file it is, and whether it may be passed on: by its content, never by its name or what is said of it."""
