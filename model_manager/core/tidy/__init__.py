"""Plans for tidying up: moving, renaming, deleting, organising, editing; and what follows when they are carried out."""
