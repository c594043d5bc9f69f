//! The edge to the database: operations as lists of statements, and the engines that run them.
