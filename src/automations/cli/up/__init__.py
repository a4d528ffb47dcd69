"""`automations up`: everything in one foreground process."""
