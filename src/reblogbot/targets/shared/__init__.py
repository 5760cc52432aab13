"""What the targets that are servers share: calls over HTTP, and what answers mean."""
