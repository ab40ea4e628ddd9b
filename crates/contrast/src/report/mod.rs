//! What a person or a program gets to see: the terminal, the page, the JSON file, and the trace.

pub mod json;
pub mod page;
pub mod progress;
pub mod rows;
pub mod terminal;
pub mod trace;
pub mod trace_parts;
pub mod words;
