//! The signals of Unix.
//!
//! ```
//! use filch_signal::unix::{SignalKind, signal};
//!
//! # filch_io_driver::Driver::new()?.block_on(async {
//! let mut terminations = signal(SignalKind::terminate())?;
//! # rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM)?;
//! terminations.recv().await;
//! println!("good-bye");
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```

mod bell;
mod kind;
mod listener;

pub use kind::SignalKind;
pub use listener::{Signal, signal};
