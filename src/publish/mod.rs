//! Publishing: entries become Atom, RSS, JSON Feed and OPML. Pure.
