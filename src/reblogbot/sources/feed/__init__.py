"""The kind `feed`: RSS, Atom, RDF and JSON Feed."""
