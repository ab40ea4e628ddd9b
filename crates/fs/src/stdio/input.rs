//! Standard input.

use super::reader::{INPUT, Place};
use filch_io::{AsyncRead, ReadBuf};
use filch_primitives::Budget;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The standard input of the process; made by [`stdin`].
///
/// A terminal or a pipe may stay silent for ever, so no thread of a runtime waits for it: one thread of
/// the process does, and only while somebody reads. **A pending read holds up no shutdown.** On Unix,
/// when every `Stdin` that was read from is dropped, that thread takes nothing more, and what is typed next
/// is left for whoever reads next.
///
/// All handles share the bytes: what one read that was given up has brought, the next read of any gets.
/// Lines are had with a [`BufReader`](filch_io::BufReader), whose buffer is its own.
/// Mixing it with [`std::io::stdin`] may deliver late what that one has buffered.
///
/// ```no_run
/// use filch_io::{AsyncBufReadExt, BufReader};
///
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # executor.block_on(async {
/// let input: filch_fs::stdio::Stdin = filch_fs::stdio::stdin();
/// let mut lines = BufReader::new(input).lines();
/// while let Some(line) = lines.next_line().await? {
///     println!("you said: {line}");
/// }
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Stdin {
    place: Place,
    std: io::Stdin,
}

/// A handle to the standard input of the process.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # executor.block_on(async {
/// let input = filch_fs::stdio::stdin();
/// # drop(input);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub fn stdin() -> Stdin {
    Stdin { place: INPUT.place(), std: io::stdin() }
}

impl AsyncRead for Stdin {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        Budget::poll(cx, |cx| INPUT.poll_read(self.place, cx, buf))
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        INPUT.leave(self.place);
    }
}

super::raw_handle!(Stdin);
