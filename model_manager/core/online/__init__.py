"""Where models come from: links, the sites' answers, and the bytes."""
