//! What a run found out, for people: on the terminal, in the book, as pictures.

pub mod chart;
pub mod document;
pub mod lines;
pub mod progress;
pub mod terminal;
pub mod words;
