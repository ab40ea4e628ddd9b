//! What is in a directory.

use crate::hop::{hop, shut_down};
use filch_executor::{Handle, JoinHandle};
use filch_primitives::Budget;
use filch_primitives::sync::Mutex;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How many entries a hop fetches.
const BATCH: usize = 128;

/// Opens a directory, to read what is in it.
///
/// # Errors
/// Those of [`std::fs::read_dir`].
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::write(dir.path().join("a"), "").await?;
/// let mut entries = filch_fs::read_dir(dir.path()).await?;
/// while let Some(entry) = entries.next_entry().await? {
///     assert_eq!(entry.file_name(), "a");
/// }
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    let path = path.as_ref().to_owned();
    let batch = hop(move || Ok(Batch::fetch(fs::read_dir(path)?))).await?;
    Ok(ReadDir(State::Here(batch)))
}

/// The entries of a directory, in no particular order, without `.` and `..`.
///
/// They are fetched in batches. What is made or removed meanwhile may or may not be among them.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let mut entries: filch_fs::ReadDir = filch_fs::read_dir(dir.path()).await?;
/// assert!(entries.next_entry().await?.is_none());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is read from it unless it is asked for entries"]
pub struct ReadDir(State);

#[derive(Debug)]
enum State {
    Here(Batch),
    Fetching(JoinHandle<Option<Batch>>, Rest),
}

/// Where the rest comes from, until the call that fetches it has begun: one that was refused loses nothing.
type Rest = Arc<Mutex<Option<fs::ReadDir>>>;

#[derive(Debug)]
struct Batch {
    entries: VecDeque<io::Result<DirEntry>>,
    /// Where the rest comes from; `None` if there is none.
    rest: Option<fs::ReadDir>,
}

impl Batch {
    /// Of a batch that did not come, the next call tries to get it.
    fn later(rest: &Rest) -> Self {
        Self { entries: VecDeque::new(), rest: rest.lock().take() }
    }

    fn fetch(mut rest: fs::ReadDir) -> Self {
        let mut entries = VecDeque::new();
        while entries.len() < BATCH {
            match rest.next() {
                Some(entry) => entries.push_back(entry.map(DirEntry::new)),
                None => return Self { entries, rest: None },
            }
        }
        Self { entries, rest: Some(rest) }
    }
}

impl ReadDir {
    /// The next entry; `None` when there are no more.
    ///
    /// # Errors
    /// Those of reading the directory, after which there may be more entries. Without a thread to read it, why there is
    /// none, again and again: until there is room ([`ResourceBusy`](std::io::ErrorKind::ResourceBusy)), and for ever after the
    /// runtime has shut down.
    ///
    /// # Cancel safety
    /// Cancel safe: no entry is lost.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::create_dir(dir.path().join("a")).await?;
    /// let mut entries = filch_fs::read_dir(dir.path()).await?;
    /// let entry = entries.next_entry().await?.expect("one is there");
    /// assert!(entry.file_type().await?.is_dir());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        poll_fn(|cx| self.poll_next_entry(cx)).await
    }

    /// As [`next_entry`](Self::next_entry), for use in a `poll` function. The task of the latest call is
    /// woken.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let mut entries = filch_fs::read_dir(dir.path()).await?;
    /// let entry = std::future::poll_fn(|cx| entries.poll_next_entry(cx)).await?;
    /// assert!(entry.is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_next_entry(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        Budget::poll(cx, |cx| self.poll_next(cx))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        loop {
            match &mut self.0 {
                State::Here(batch) => {
                    if let Some(entry) = batch.entries.pop_front() {
                        return Poll::Ready(entry.map(Some));
                    }
                    let Some(rest) = batch.rest.take() else { return Poll::Ready(Ok(None)) };
                    let rest = Arc::new(Mutex::new(Some(rest)));
                    let theirs = Arc::clone(&rest);
                    let fetch = move || {
                        let rest = theirs.lock().take();
                        rest.map(Batch::fetch)
                    };
                    match Handle::current().try_spawn_blocking(fetch) {
                        Ok(fetching) => self.0 = State::Fetching(fetching, rest),
                        Err(error) => {
                            *batch = Batch::later(&rest);
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                State::Fetching(fetching, rest) => match ready!(Pin::new(fetching).poll(cx)) {
                    Ok(Some(batch)) => self.0 = State::Here(batch),
                    outcome => {
                        self.0 = State::Here(Batch::later(rest));
                        let panicked = outcome.err().filter(|error| !error.is_cancelled());
                        return Poll::Ready(Err(panicked.map_or_else(shut_down, Into::into)));
                    }
                },
            }
        }
    }
}

/// One entry of a directory.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::write(dir.path().join("a"), "abc").await?;
/// let entry: filch_fs::DirEntry = filch_fs::read_dir(dir.path()).await?.next_entry().await?.unwrap();
/// assert_eq!(entry.path(), dir.path().join("a"));
/// assert_eq!(entry.metadata().await?.len(), 3);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct DirEntry {
    entry: Arc<fs::DirEntry>,
    /// Found out by the hop that fetched the entry: mostly it comes along.
    file_type: io::Result<FileType>,
}

impl DirEntry {
    fn new(entry: fs::DirEntry) -> Self {
        Self { file_type: entry.file_type(), entry: Arc::new(entry) }
    }

    /// The path that the directory was opened by, with the name of the entry.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::write(dir.path().join("a"), "").await?;
    /// let entry = filch_fs::read_dir(dir.path()).await?.next_entry().await?.unwrap();
    /// assert_eq!(entry.path(), dir.path().join("a"));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn path(&self) -> PathBuf {
        self.entry.path()
    }

    /// The name of the entry.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::write(dir.path().join("a"), "").await?;
    /// let entry = filch_fs::read_dir(dir.path()).await?.next_entry().await?.unwrap();
    /// assert_eq!(entry.file_name(), "a");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn file_name(&self) -> OsString {
        self.entry.file_name()
    }

    /// What the file system knows about the entry; of a symbolic link, about the link.
    ///
    /// # Errors
    /// Those of [`std::fs::DirEntry::metadata`]; the entry may be gone by now.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::write(dir.path().join("a"), "abc").await?;
    /// let entry = filch_fs::read_dir(dir.path()).await?.next_entry().await?.unwrap();
    /// assert_eq!(entry.metadata().await?.len(), 3);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let entry = Arc::clone(&self.entry);
        hop(move || entry.metadata()).await
    }

    /// Whether it is a file, a directory or something else; of a symbolic link, that it is one. Known
    /// since the entry was fetched.
    ///
    /// # Errors
    /// Those of [`std::fs::DirEntry::file_type`].
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::write(dir.path().join("a"), "abc").await?;
    /// let entry = filch_fs::read_dir(dir.path()).await?.next_entry().await?.unwrap();
    /// assert!(entry.file_type().await?.is_file());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn file_type(&self) -> io::Result<FileType> {
        match &self.file_type {
            Ok(file_type) => Ok(*file_type),
            Err(_) => {
                let entry = Arc::clone(&self.entry);
                hop(move || entry.file_type()).await
            }
        }
    }

    /// The number of its inode.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::write(dir.path().join("a"), "abc").await?;
    /// let entry = filch_fs::read_dir(dir.path()).await?.next_entry().await?.unwrap();
    /// assert_ne!(entry.ino(), 0);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(unix)]
    pub fn ino(&self) -> u64 {
        std::os::unix::fs::DirEntryExt::ino(&*self.entry)
    }
}
