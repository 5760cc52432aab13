"""What several kinds of source use: documents, encodings, dates, links."""
