//! Directories: what is in one, and how one is made.

mod builder;
mod read;

pub use builder::DirBuilder;
pub use read::{DirEntry, ReadDir, read_dir};
