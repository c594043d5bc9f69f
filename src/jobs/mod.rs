//! Units of work: gather, decide, apply. Called alike by loops, routes and commands.
