"""When something is due: cron expressions in time zones, and intervals. Pure: the time now is always an argument."""
