"""The page that searches Civitai."""
