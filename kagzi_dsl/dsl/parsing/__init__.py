"""From a document's plain value to the model, a subject a file: drafts, ids, fields, nodes, header."""
