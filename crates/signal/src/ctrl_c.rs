//! Ctrl-C.

use crate::unix::{SignalKind, signal};
use std::io;

/// Waits for Ctrl-C, which is `SIGINT`.
///
/// Once this was polled, Ctrl-C does not end the process any more, not even when the future is gone. What
/// comes between two calls is not noticed: to hear of each one, keep a
/// [`Signal`](crate::unix::Signal).
///
/// # Errors
/// If the signal cannot be listened to, for want of descriptors for example; or if the runtime was shut
/// down.
///
/// # Panics
/// If no runtime is entered on this thread.
///
/// # Cancel safety
/// Cancel safe, but for what comes between two calls.
///
/// ```
/// # filch_io_driver::Driver::new()?.block_on(async {
/// # let mut ready = filch_signal::unix::signal(filch_signal::unix::SignalKind::interrupt())?;
/// # let send = || rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
/// # std::thread::spawn(move || loop { send().unwrap(); std::thread::sleep(std::time::Duration::from_millis(5)) });
/// # ready.recv().await;
/// filch_signal::ctrl_c().await?;
/// println!("good-bye");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn ctrl_c() -> io::Result<()> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    match interrupts.recv().await {
        Some(()) => Ok(()),
        None => {
            Err(io::Error::other("the runtime was shut down: no signal will be noticed any more"))
        }
    }
}
