//! # filch-signal: the operating system's signals
//!
//! | file | what it holds |
//! |---|---|
//! | `ctrl_c.rs` | [`ctrl_c`], the shortest way to a clean end |
//! | `unix/` | any signal that can be caught, for any number of listeners |
//!
//! Only Unix has it so far; elsewhere the crate is empty.
//!
//! ```
//! # #[cfg(unix)] {
//! use filch_signal::unix::{SignalKind, signal};
//!
//! # filch_io_driver::Driver::new()?.block_on(async {
//! let mut hangups = signal(SignalKind::hangup())?;
//! # rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP)?;
//! hangups.recv().await;
//! println!("somebody wants the configuration to be read again");
//! # std::io::Result::Ok(()) })?; }
//! # std::io::Result::Ok(())
//! ```

#![cfg(unix)]

mod ctrl_c;
pub mod unix;

pub use ctrl_c::ctrl_c;
