"""What decides, and touches nothing: identity, filters, composing, pacing, delivery."""
