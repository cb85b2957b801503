"""Who there is: organisations, municipalities and counties, each with the days on which it exists."""
