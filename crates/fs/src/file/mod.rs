//! An open file.

mod ahead;
mod positional;
mod stream;
#[cfg(test)]
mod tests;

use crate::OpenOptions;
use crate::deferred::{Deferred, Sink};
use crate::hop::{hop, uninterrupted};
use crate::inline::{self, Reads};
use ahead::ReadAhead;
use filch_primitives::atomic::{AtomicBool, Ordering};
use filch_primitives::thread;
use std::fmt;
use std::fs::{File as StdFile, FileTimes, Metadata, Permissions};
use std::future::poll_fn;
use std::io::{self, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

/// How often to look whether an operation has ended that cannot tell.
const MOMENT: Duration = Duration::from_millis(1);

/// How many bytes a file's buffers hold unless chosen otherwise.
const DEFAULT_MAX_BUF_SIZE: usize = 2 << 20;

/// An open file.
///
/// **Reading.** What the page cache holds is read at once, on Linux; otherwise a thread for blocking calls
/// reads, and where no read can be had at once it reads ahead, so that small reads do not ask for it
/// each time.
///
/// **Writing.** A write copies the bytes and returns; a thread for blocking calls writes them, together
/// with what is written meanwhile. **A write is complete after
/// [`flush`](filch_io::AsyncWriteExt::flush)**, which also reports an error of an earlier write, as the
/// next operation on the file does. After an error it is unknown how many of the bytes since the last
/// flush are in the file. A write that fails because too many blocking calls wait already
/// ([`ResourceBusy`](io::ErrorKind::ResourceBusy)) has taken nothing, and may be repeated. Dropping the
/// file loses nothing that was taken, but then nobody hears of errors.
///
/// It is meant for files. A read of a FIFO or a terminal may hold a thread for ever, and with it the end of
/// the runtime: a pipe has its own type in `net::unix`, standard input in [`stdio`](crate::stdio).
///
/// A file works on the runtime that is entered where it is used. Closing it, by dropping it, is done at
/// once, and may block on file systems that write back then; [`into_std`](Self::into_std) leaves that to
/// the caller.
///
/// ```
/// use filch_fs::File;
/// use filch_io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
///
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let mut file = File::options().read(true).write(true).create(true).open(dir.path().join("a")).await?;
/// file.write_all(b"hello, world").await?;
/// file.flush().await?;
///
/// let mut text = String::new();
/// file.rewind().await?;
/// file.read_to_string(&mut text).await?;
/// assert_eq!(text, "hello, world");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub struct File {
    file: Arc<StdFile>,
    ahead: ReadAhead,
    writes: Deferred,
    inline: Reads,
    /// Another handle has the same position, or had: what is read ahead here would be missing there.
    is_cloned: AtomicBool,
    /// Asked for, and not yet done.
    seek: Option<SeekFrom>,
    max_buf_size: usize,
}

impl Sink for Arc<StdFile> {
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        (&**self).write_all(bytes)
    }
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Those of [`std::fs::File::open`].
    ///
    /// # Cancel safety
    /// Cancel safe: a file that was opened for nobody is closed.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let error = filch_fs::File::open(dir.path().join("missing")).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        inline::turn().await;
        match inline::open(path) {
            Some(file) => Ok(Self::from_std(file)),
            None => Self::options().read(true).open(path).await,
        }
    }

    /// Opens a file for writing; makes it if it does not exist, empties it if it does.
    ///
    /// # Errors
    /// Those of [`std::fs::File::create`].
    ///
    /// # Cancel safety
    /// Cancelled, it may or may not have made or emptied the file.
    ///
    /// ```
    /// # use filch_io::AsyncWriteExt;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// let mut file = filch_fs::File::create(&path).await?;
    /// file.write_all(b"hello").await?;
    /// file.flush().await?;
    /// assert_eq!(filch_fs::read(&path).await?, b"hello");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().write(true).create(true).truncate(true).open(path).await
    }

    /// Makes a file and opens it for reading and writing; fails if there is one.
    ///
    /// # Errors
    /// Those of [`std::fs::File::create_new`].
    ///
    /// # Cancel safety
    /// Cancelled, it may or may not have made the file.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// filch_fs::File::create_new(&path).await?;
    /// let error = filch_fs::File::create_new(&path).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn create_new<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        Self::options().read(true).write(true).create_new(true).open(path).await
    }

    /// Chooses how to open a file; the same as [`OpenOptions::new`].
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::File::options().append(true).create(true).open(dir.path().join("log")).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Takes over a file that std has opened.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let file = filch_fs::File::from_std(std::fs::File::create(dir.path().join("a"))?);
    /// # drop(file);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn from_std(file: StdFile) -> Self {
        Self {
            file: Arc::new(file),
            ahead: ReadAhead::default(),
            writes: Deferred::default(),
            inline: Reads::default(),
            is_cloned: AtomicBool::new(false),
            seek: None,
            max_buf_size: DEFAULT_MAX_BUF_SIZE,
        }
    }

    /// Waits until what was written is on the disk, with what is known about the file.
    ///
    /// # Errors
    /// Those of the disk, and that of an earlier write.
    ///
    /// # Cancel safety
    /// Cancelled, it goes on in the background; whether it succeeds is not known.
    ///
    /// ```
    /// # use filch_io::AsyncWriteExt;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let mut file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.write_all(b"survives a power cut").await?;
    /// file.sync_all().await?; // no flush needed before
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn sync_all(&self) -> io::Result<()> {
        self.after_writes(|file| file.sync_all()).await
    }

    /// As [`sync_all`](Self::sync_all), but without what is not needed to read the bytes again, such as
    /// times.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    /// # use filch_io::AsyncWriteExt;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let mut file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.write_all(b"survives a power cut").await?;
    /// file.sync_data().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn sync_data(&self) -> io::Result<()> {
        self.after_writes(|file| file.sync_data()).await
    }

    /// Cuts the file off, or extends it by zeros, to `size` bytes. The position stays where it is.
    ///
    /// # Errors
    /// Those of [`std::fs::File::set_len`], and that of an earlier write.
    ///
    /// # Cancel safety
    /// Cancelled, it is done or will be, unless it fails.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.set_len(10).await?;
    /// assert_eq!(file.metadata().await?.len(), 10);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        // What was read ahead may be cut off.
        poll_fn(|cx| self.poll_position(cx)).await?;
        self.hop(move |file| file.set_len(size)).await
    }

    /// What the file system knows about the file, after the writes so far.
    ///
    /// # Errors
    /// Those of [`std::fs::File::metadata`], and that of an earlier write.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// ```
    /// # use filch_io::AsyncWriteExt;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let mut file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.write_all(b"five!").await?;
    /// assert_eq!(file.metadata().await?.len(), 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        self.after_writes(|file| file.metadata()).await
    }

    /// A second handle to the open file. The two share the position: what one reads, the other does not.
    /// From then on neither reads ahead.
    ///
    /// # Errors
    /// If the process has no descriptor left; and that of an earlier write.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// ```
    /// # use filch_io::{AsyncReadExt, AsyncWriteExt};
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// filch_fs::write(&path, "ab").await?;
    /// let mut first = filch_fs::File::open(&path).await?;
    /// let mut second = first.try_clone().await?;
    /// assert_eq!(first.read_u8().await?, b'a');
    /// assert_eq!(second.read_u8().await?, b'b');
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn try_clone(&self) -> io::Result<Self> {
        poll_fn(|cx| self.poll_position(cx)).await?;
        let clone = Self::from_std(self.after_writes(|file| file.try_clone()).await?);
        for file in [self, &clone] {
            // Ordering: Relaxed; see `is_cloned`.
            file.is_cloned.store(true, Ordering::Relaxed);
        }
        Ok(clone)
    }

    /// Waits for the writes so far and gives the file back to std, at the position that this one had. An
    /// error of an earlier write is forgotten: [flush](filch_io::AsyncWriteExt::flush) first.
    ///
    /// # Cancel safety
    /// Not cancel safe: the file is closed then.
    ///
    /// ```
    /// # use filch_io::AsyncReadExt;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// filch_fs::write(&path, "ab").await?;
    /// let mut file = filch_fs::File::open(&path).await?;
    /// assert_eq!(file.read_u8().await?, b'a');
    /// let rest = std::io::read_to_string(file.into_std().await)?;
    /// assert_eq!(rest, "b");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn into_std(self) -> StdFile {
        let mut this = self;
        loop {
            let _forgotten = poll_fn(|cx| this.poll_position(cx)).await;
            match this.try_into_std() {
                Ok(file) => return file,
                Err(back) => this = back,
            }
            // An operation whose future was dropped still has the file: let it end.
            let file = Arc::downgrade(&this.file);
            let wait = move || {
                while file.strong_count() > 1 {
                    thread::sleep(MOMENT);
                }
                Ok(())
            };
            if hop(wait).await.is_err() {
                thread::sleep(MOMENT);
            }
        }
    }

    /// Gives the file back to std, if no operation on it is under way.
    ///
    /// # Errors
    /// The file itself, if one is.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(dir.path().join("a")).await?;
    /// let _file: std::fs::File = file.try_into_std().expect("nothing is under way");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_into_std(self) -> Result<StdFile, Self> {
        let cx = &mut Context::from_waker(std::task::Waker::noop());
        if self.poll_position(cx).is_pending() {
            return Err(self);
        }
        let Self { file, ahead, writes, inline, is_cloned, seek, max_buf_size } = self;
        Arc::try_unwrap(file).map_err(|file| Self {
            file,
            ahead,
            writes,
            inline,
            is_cloned,
            seek,
            max_buf_size,
        })
    }

    /// Changes who may do what with the file.
    ///
    /// # Errors
    /// Those of [`std::fs::File::set_permissions`], and that of an earlier write.
    ///
    /// # Cancel safety
    /// Cancelled, it is done or will be, unless it fails.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(dir.path().join("a")).await?;
    /// let mut permissions = file.metadata().await?.permissions();
    /// permissions.set_readonly(true);
    /// file.set_permissions(permissions).await?;
    /// assert!(file.metadata().await?.permissions().readonly());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.after_writes(move |file| file.set_permissions(permissions)).await
    }

    /// Changes when the file was last read and written, as far as the file system is told.
    ///
    /// # Errors
    /// Those of [`std::fs::File::set_times`], and that of an earlier write.
    ///
    /// # Cancel safety
    /// Cancelled, it is done or will be, unless it fails.
    ///
    /// ```
    /// use std::fs::FileTimes;
    /// use std::time::SystemTime;
    ///
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.set_times(FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH)).await?;
    /// assert_eq!(file.metadata().await?.accessed()?, SystemTime::UNIX_EPOCH);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn set_times(&self, times: FileTimes) -> io::Result<()> {
        self.after_writes(move |file| file.set_times(times)).await
    }

    /// Changes when the file was last written, as far as the file system is told.
    ///
    /// # Errors
    /// As [`set_times`](Self::set_times).
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.set_modified(SystemTime::UNIX_EPOCH).await?;
    /// assert_eq!(file.metadata().await?.modified()?, SystemTime::UNIX_EPOCH);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.set_times(FileTimes::new().set_modified(time)).await
    }

    /// Lets at most `max_buf_size` bytes, and at least 1, wait to be written, and a thread read so many in
    /// one go; 2 MiB unless chosen.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let mut file = filch_fs::File::create(dir.path().join("a")).await?;
    /// file.set_max_buf_size(4096);
    /// assert_eq!(file.max_buf_size(), 4096);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        self.max_buf_size = max_buf_size.max(1);
    }

    /// How many bytes a buffer of the file may hold.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let file = filch_fs::File::from_std(std::fs::File::create(dir.path().join("a"))?);
    /// assert_eq!(file.max_buf_size(), 2 << 20);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn max_buf_size(&self) -> usize {
        self.max_buf_size
    }

    /// Waits for the writes so far, then runs `operation` on a thread for blocking calls.
    async fn after_writes<F, R>(&self, operation: F) -> io::Result<R>
    where
        F: FnOnce(&StdFile) -> io::Result<R> + Send + 'static,
        R: Send + 'static,
    {
        poll_fn(|cx| self.writes.poll_flush(cx)).await?;
        self.hop(operation).await
    }

    /// Runs `operation` on a thread for blocking calls.
    async fn hop<F, R>(&self, operation: F) -> io::Result<R>
    where
        F: FnOnce(&StdFile) -> io::Result<R> + Send + 'static,
        R: Send + 'static,
    {
        let file = Arc::clone(&self.file);
        hop(move || operation(&file)).await
    }

    fn is_cloned(&self) -> bool {
        // Ordering: Relaxed; only a read asks, which borrows the file exclusively: `try_clone` is over.
        self.is_cloned.load(Ordering::Relaxed)
    }

    /// Waits until no read is under way, and forgets what was read ahead.
    fn poll_give_back(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.ahead.poll_idle(cx));
        Poll::Ready(self.ahead.give_back(&self.file))
    }

    /// Waits until nothing is under way that moves the position, and puts it where the user believes it.
    fn poll_position(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = ready!(self.writes.poll_flush(cx));
        let given_back = ready!(self.poll_give_back(cx));
        Poll::Ready(written.and(given_back))
    }
}

impl From<StdFile> for File {
    fn from(file: StdFile) -> Self {
        Self::from_std(file)
    }
}

#[cfg(unix)]
impl From<std::os::fd::OwnedFd> for File {
    fn from(fd: std::os::fd::OwnedFd) -> Self {
        Self::from_std(fd.into())
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for File {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for File {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.file.as_raw_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsHandle for File {
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        self.file.as_handle()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsRawHandle for File {
    fn as_raw_handle(&self) -> std::os::windows::io::RawHandle {
        self.file.as_raw_handle()
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("file", &self.file).finish_non_exhaustive()
    }
}
