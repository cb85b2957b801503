"""What has been agreed: agreements, who is a party, and when they are in force."""
