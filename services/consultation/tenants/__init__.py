"""What an asking organisation states about itself to the sources: its profile, purposes and legal texts."""
