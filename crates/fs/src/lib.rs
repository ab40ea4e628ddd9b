//! # filch-fs: files, directories, and the standard streams
//!
//! What has no readiness that a driver could wait for: it may block, so it is done by the executor's
//! threads for blocking calls, in as few hops as can be. The names are those of [`std::fs`].
//!
//! | file | what it holds |
//! |---|---|
//! | `hop.rs` | the way to such a thread and back |
//! | `inline/` | what needs no hop, because the kernel has it in memory |
//! | `file/` | `File`: as a stream, and at offsets |
//! | `deferred.rs` | writes that are taken at once and carried out together |
//! | `open_options.rs`, `whole.rs`, `paths.rs`, `dir/` | the rest of `std::fs` |
//! | `stdio/` | `stdin`, `stdout`, `stderr` |
//!
//! ```
//! use filch_io::{AsyncReadExt, AsyncWriteExt};
//!
//! # let executor = filch_executor::Builder::new_current_thread().build()?;
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("greeting");
//! # executor.block_on(async {
//! let mut file = filch_fs::File::create(&path).await?;
//! file.write_all(b"hello").await?;
//! file.flush().await?;
//! assert_eq!(filch_fs::read_to_string(&path).await?, "hello");
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

#![forbid(unsafe_code)]

mod deferred;
mod dir;
mod file;
mod hop;
mod inline;
mod open_options;
mod paths;
pub mod stdio;
mod whole;

pub use dir::{DirBuilder, DirEntry, ReadDir, read_dir};
pub use file::File;
pub use open_options::OpenOptions;
#[cfg(unix)]
pub use paths::symlink;
pub use paths::{
    canonicalize, create_dir, create_dir_all, hard_link, metadata, read_link, remove_dir,
    remove_dir_all, remove_file, rename, set_permissions, symlink_metadata, try_exists,
};
#[cfg(windows)]
pub use paths::{symlink_dir, symlink_file};
pub use whole::{copy, read, read_to_string, write};
