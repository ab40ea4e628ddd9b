//! Standard output and standard error.

use crate::deferred::{Deferred, Sink};
use filch_io::AsyncWrite;
use std::io::{self, IoSlice, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

/// How many bytes of one handle may wait to be written.
const MAX_PENDING: usize = 2 << 20;

/// What writes to a standard stream, on a thread for blocking calls.
#[derive(Debug)]
struct ToStdout;

impl Sink for ToStdout {
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }
}

#[derive(Debug)]
struct ToStderr;

impl Sink for ToStderr {
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        io::stderr().lock().write_all(bytes)
    }
}

/// Defines a handle to a standard stream, and the function that makes it.
macro_rules! output {
    (
        $(#[$type_doc:meta])*
        struct $type:ident;
        $(#[$function_doc:meta])*
        fn $function:ident, $sink:ident
    ) => {
        $(#[$type_doc])*
        #[derive(Debug)]
        pub struct $type {
            writes: Deferred,
            std: io::$type,
        }

        $(#[$function_doc])*
        pub fn $function() -> $type {
            $type { writes: Deferred::default(), std: io::$function() }
        }

        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_write_vectored(cx, &[IoSlice::new(buf)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.writes.poll_write(cx, bufs, MAX_PENDING, || $sink)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.writes.poll_flush(cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_flush(cx)
            }
        }

        super::raw_handle!($type);
    };
}

output! {
    /// The standard output of the process; made by [`stdout`].
    ///
    /// A write copies the bytes and returns; a thread for blocking calls writes them.
    /// [`flush`](filch_io::AsyncWriteExt::flush) waits for that and reports errors, as the next write
    /// does. A write that fails because too many blocking calls wait already has taken nothing. What was
    /// taken and not flushed is written before the runtime has ended, unless the process
    /// ends first.
    ///
    /// A write that is taken whole - as it is unless 2 MiB wait already - is not torn apart by others,
    /// `println!` included. Between two handles there is no order without a flush.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    ///
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # executor.block_on(async {
    /// let mut out: filch_fs::stdio::Stdout = filch_fs::stdio::stdout();
    /// out.write_all(b"hello\n").await?;
    /// out.flush().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    struct Stdout;
    /// A handle to the standard output of the process.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    ///
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # executor.block_on(async {
    /// let mut out = filch_fs::stdio::stdout();
    /// out.write_all(b"hello\n").await?;
    /// out.flush().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    fn stdout, ToStdout
}

output! {
    /// The standard error stream of the process; made by [`stderr`]. Otherwise as [`Stdout`].
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    ///
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # executor.block_on(async {
    /// let mut err: filch_fs::stdio::Stderr = filch_fs::stdio::stderr();
    /// err.write_all(b"no milk\n").await?;
    /// err.flush().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    struct Stderr;
    /// A handle to the standard error stream of the process.
    ///
    /// ```
    /// use filch_io::AsyncWriteExt;
    ///
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # executor.block_on(async {
    /// let mut err = filch_fs::stdio::stderr();
    /// err.write_all(b"no milk\n").await?;
    /// err.flush().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    fn stderr, ToStderr
}
