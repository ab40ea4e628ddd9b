//! The attribute macros of the Filch runtime: main and test.
