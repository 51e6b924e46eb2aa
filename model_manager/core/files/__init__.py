"""Everything that puts model files somewhere: found, planned, then carried out so that nothing can be lost."""
