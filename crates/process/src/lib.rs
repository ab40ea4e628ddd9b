//! # filch-process: child processes
//!
//! The names are those of [`std::process`]. A child's pipes and its end are sources of the I/O driver: on
//! Linux the end is a descriptor that becomes readable, so there is no handler for `SIGCHLD` and no thread.
//!
//! | file | what it holds |
//! |---|---|
//! | `command.rs` | what to run, and how |
//! | `child.rs` | a process that runs: waiting, killing |
//! | `pipes.rs` | its standard streams |
//! | `exit.rs` | how its end is noticed |
//! | `orphans.rs` | processes that nobody waits for: they are reaped all the same |
//!
//! Only Unix has it so far; elsewhere the crate is empty.
//!
//! ```
//! # #[cfg(unix)]
//! # filch_io_driver::Driver::new()?.block_on(async {
//! let output = filch_process::Command::new("echo").arg("hello").output().await?;
//! assert!(output.status.success());
//! assert_eq!(output.stdout, b"hello\n");
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

#![cfg(unix)]

mod child;
mod command;
mod exit;
mod orphans;
mod pipes;

pub use child::Child;
pub use command::Command;
pub use pipes::{ChildStderr, ChildStdin, ChildStdout};
