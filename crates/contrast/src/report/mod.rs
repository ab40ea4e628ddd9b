//! What a person or a program gets to see: the terminal, and the JSON file.

pub mod json;
pub mod progress;
pub mod rows;
pub mod terminal;
pub mod words;
