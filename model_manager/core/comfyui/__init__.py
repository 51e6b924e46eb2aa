"""What ComfyUI understands: loader nodes for our models, in the forms its page takes from outside."""
