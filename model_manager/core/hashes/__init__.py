"""What a file's content is called by others: computing hashes, and remembering them."""
