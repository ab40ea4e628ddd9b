//! Opening pipes that have a name.

use super::{End, Receiver, Sender, check};
use rustix::fs::OFlags;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How a pipe with a name (`mkfifo`) is opened.
///
/// ```
/// use filch_io_driver::{Driver, net::unix::pipe};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("fifo");
/// # std::process::Command::new("mkfifo").arg(&path).status()?;
/// # Driver::new()?.block_on(async {
/// let receiver = pipe::OpenOptions::new().open_receiver(&path)?;
/// let sender = pipe::OpenOptions::new().open_sender(&path)?;
/// sender.try_write(b"hello")?;
/// receiver.readable().await?;
/// assert_eq!(receiver.try_read(&mut [0; 8])?, 5);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    is_read_write: bool,
    is_unchecked: bool,
}

impl OpenOptions {
    /// For reading or for writing, if it is a pipe.
    ///
    /// ```
    /// # use filch_io_driver::{Driver, net::unix::pipe};
    /// # Driver::new()?.block_on(async {
    /// let error = pipe::OpenOptions::new().open_receiver("/dev/null").unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens it for both, on Linux: a sender needs no receiver to be there, and a receiver's input does not
    /// end with the last sender.
    ///
    /// ```
    /// # use filch_io_driver::net::unix::pipe;
    /// let mut options = pipe::OpenOptions::new();
    /// options.read_write(true);
    /// ```
    #[cfg(target_os = "linux")]
    pub fn read_write(&mut self, is_read_write: bool) -> &mut Self {
        self.is_read_write = is_read_write;
        self
    }

    /// Opens it whatever it is.
    ///
    /// ```
    /// # use filch_io_driver::net::unix::pipe;
    /// let mut options = pipe::OpenOptions::new();
    /// options.unchecked(true);
    /// ```
    pub fn unchecked(&mut self, is_unchecked: bool) -> &mut Self {
        self.is_unchecked = is_unchecked;
        self
    }

    /// Opens the end that reads. Nobody needs to have opened the other.
    ///
    /// # Errors
    /// What the operating system says, and [`InvalidInput`](io::ErrorKind::InvalidInput) for what is no
    /// pipe.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    /// # use filch_io_driver::{Driver, net::unix::pipe};
    /// # Driver::new()?.block_on(async {
    /// let error = pipe::OpenOptions::new().open_receiver("/no/such/pipe").unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn open_receiver<P: AsRef<Path>>(&self, path: P) -> io::Result<Receiver> {
        Receiver::from_file_unchecked(self.open(path.as_ref(), End::Reading)?)
    }

    /// Opens the end that writes.
    ///
    /// # Errors
    /// As [`open_receiver`](Self::open_receiver); and `ENXIO` if nobody has the pipe open for reading: try
    /// again later, or use `read_write`.
    ///
    /// # Panics
    /// If no driver is entered on this thread.
    ///
    /// ```
    /// # use filch_io_driver::{Driver, net::unix::pipe};
    /// # Driver::new()?.block_on(async {
    /// let error = pipe::OpenOptions::new().open_sender("/no/such/pipe").unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn open_sender<P: AsRef<Path>>(&self, path: P) -> io::Result<Sender> {
        Sender::from_file_unchecked(self.open(path.as_ref(), End::Writing)?)
    }

    /// Non-blocking from the beginning: opening a pipe would wait for the other end.
    fn open(&self, path: &Path, end: End) -> io::Result<File> {
        let file = std::fs::OpenOptions::new()
            .read(self.is_read_write || matches!(end, End::Reading))
            .write(self.is_read_write || matches!(end, End::Writing))
            .custom_flags(OFlags::NONBLOCK.bits() as i32)
            .open(path)?;
        if !self.is_unchecked {
            check(&file, end)?;
        }
        Ok(file)
    }
}
