"""What a model file says of itself: containers, kinds, architectures, health. Bad input gives a verdict, never a crash."""
