"""The files beside a model, in every dialect: whose they are, what they say, and the person's notes."""
