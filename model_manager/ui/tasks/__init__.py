"""The page of tasks: what runs, waits, failed and is done, with what can be done about it."""
