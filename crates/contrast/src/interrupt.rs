//! Ctrl-C: the first one ends the measurement after what is measured so far, the second one ends the program.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};

/// What shells expect of a program that SIGINT ended: 128 + 2.
pub const EXIT_CODE: u8 = 130;

static CAME: AtomicBool = AtomicBool::new(false);

/// Catches Ctrl-C from now on.
///
/// # Errors
/// The operating system's reason, in words; Ctrl-C then ends the program at once.
pub fn catch() -> Result<(), String> {
    let handler = || {
        // Ordering: Relaxed; the flag says all that there is to say.
        if CAME.swap(true, Ordering::Relaxed) {
            exit(EXIT_CODE.into());
        }
        eprintln!("\ninterrupted: what was measured so far follows (Ctrl-C again: leave at once)");
    };
    ctrlc::set_handler(handler).map_err(|error| format!("Ctrl-C cannot be caught: {error}"))
}

/// Whether Ctrl-C came.
pub fn came() -> bool {
    CAME.load(Ordering::Relaxed)
}
