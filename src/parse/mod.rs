//! Parsing: bytes become a document, however broken, or a reason why not. Pure.
