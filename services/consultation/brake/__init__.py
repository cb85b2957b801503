"""The brake on asking about many persons: by one handler in an hour, or in one case in a day."""
