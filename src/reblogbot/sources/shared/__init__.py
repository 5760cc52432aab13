"""What several families of sources use: documents, encodings, dates, links, texts."""
