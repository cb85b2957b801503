"""What has changed in a person's income between three months: signals, each citing its rows, and no decisions."""
