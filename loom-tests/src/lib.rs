//! Loom models of the protocol files that ship in Filch.
