"""The person's own order in the window: favourites, ratings, colours, collections, smart folders, and the sheet of details."""
