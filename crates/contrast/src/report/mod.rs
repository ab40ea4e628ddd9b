//! What a person or a program gets to see: the terminal, the page, and the JSON file.

pub mod json;
pub mod page;
pub mod progress;
pub mod rows;
pub mod terminal;
pub mod words;
