//! The ends of a child's standard streams that its parent has.

use filch_io::{AsyncRead, AsyncWrite, ReadBuf};
use filch_io_driver::net::unix::pipe;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::process::{self, Stdio};
use std::task::{Context, Poll};

/// What writes to the standard input of a child.
///
/// Dropping it closes the stream: the child reads to its end. A child that closes its end, or ends itself,
/// makes a write fail with [`BrokenPipe`](io::ErrorKind::BrokenPipe).
///
/// ```
/// use filch_io::AsyncWriteExt;
/// use filch_process::{ChildStdin, Command};
/// use std::process::Stdio;
///
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
/// let mut stdin: ChildStdin = child.stdin.take().expect("it is piped");
/// stdin.write_all(b"hello").await?;
/// drop(stdin);
/// assert_eq!(child.wait_with_output().await?.stdout, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ChildStdin(pipe::Sender);

/// What reads from the standard output of a child.
///
/// It ends when the child, and whoever inherited the stream from it, has closed it.
///
/// ```
/// use filch_io::AsyncReadExt;
/// use filch_process::{ChildStdout, Command};
/// use std::process::Stdio;
///
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
/// let mut stdout: ChildStdout = child.stdout.take().expect("it is piped");
/// let mut text = String::new();
/// stdout.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello\n");
/// # child.wait().await?;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ChildStdout(pipe::Receiver);

/// What reads from the standard error stream of a child; otherwise as [`ChildStdout`].
///
/// ```
/// use filch_io::AsyncReadExt;
/// use filch_process::{ChildStderr, Command};
/// use std::process::Stdio;
///
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let mut child = Command::new("sh").args(["-c", "echo no >&2"]).stderr(Stdio::piped()).spawn()?;
/// let mut stderr: ChildStderr = child.stderr.take().expect("it is piped");
/// let mut text = String::new();
/// stderr.read_to_string(&mut text).await?;
/// assert_eq!(text, "no\n");
/// # child.wait().await?;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ChildStderr(pipe::Receiver);

/// What all three have.
macro_rules! end {
    ($end:ident, $pipe:ty, $field:ident) => {
        impl $end {
            /// Takes over the stream of a child that std has started.
            ///
            /// # Errors
            /// If the runtime was shut down, or the operating system refuses to watch the stream.
            ///
            /// # Panics
            /// If no runtime is entered on this thread.
            ///
            /// ```
            #[doc = concat!("use filch_process::", stringify!($end), ";")]
            /// use std::process::{Command, Stdio};
            ///
            /// # filch_io_driver::Driver::new()?.block_on(async {
            #[doc = concat!("let mut child = Command::new(\"cat\").stdin(Stdio::null()).",
                            stringify!($field), "(Stdio::piped()).spawn()?;")]
            #[doc = concat!("let stream = child.", stringify!($field), ".take().unwrap();")]
            #[doc = concat!("let stream = ", stringify!($end), "::from_std(stream)?;")]
            /// # drop(stream);
            /// # child.wait()?;
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            #[track_caller]
            pub fn from_std(stream: process::$end) -> io::Result<Self> {
                <$pipe>::from_owned_fd(stream.into()).map(Self)
            }

            /// The stream as std and other processes know it: blocking.
            ///
            /// # Errors
            /// If the operating system refuses to make it blocking.
            ///
            /// ```
            /// use filch_process::Command;
            /// use std::process::Stdio;
            ///
            /// # filch_io_driver::Driver::new()?.block_on(async {
            #[doc = concat!("let mut child = Command::new(\"cat\").stdin(Stdio::null()).",
                            stringify!($field), "(Stdio::piped()).spawn()?;")]
            #[doc = concat!("let fd = child.", stringify!($field), ".take().unwrap().into_owned_fd()?;")]
            /// # drop(fd);
            /// # child.wait().await?;
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
                self.0.into_blocking_fd()
            }
        }

        impl AsFd for $end {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.0.as_fd()
            }
        }

        impl AsRawFd for $end {
            fn as_raw_fd(&self) -> RawFd {
                self.0.as_raw_fd()
            }
        }

        /// For another child, as one of its standard streams.
        impl TryFrom<$end> for Stdio {
            type Error = io::Error;

            fn try_from(stream: $end) -> io::Result<Self> {
                stream.into_owned_fd().map(Self::from)
            }
        }
    };
}

end!(ChildStdin, pipe::Sender, stdin);
end!(ChildStdout, pipe::Receiver, stdout);
end!(ChildStderr, pipe::Receiver, stderr);

impl AsyncWrite for ChildStdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    /// Does nothing: the stream ends when this is dropped.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

macro_rules! read {
    ($end:ident) => {
        impl AsyncRead for $end {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_read(cx, buf)
            }
        }
    };
}

read!(ChildStdout);
read!(ChildStderr);
