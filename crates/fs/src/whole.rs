//! Whole files, each in one hop or none.

use crate::hop::hop;
use crate::inline;
use std::fs;
use std::io;
use std::path::Path;

/// Reads a whole file.
///
/// # Errors
/// Those of [`std::fs::read`].
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let path = dir.path().join("a");
/// filch_fs::write(&path, [1, 2, 3]).await?;
/// assert_eq!(filch_fs::read(&path).await?, [1, 2, 3]);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    inline::turn().await;
    if let Some(bytes) = inline::read(path) {
        return Ok(bytes);
    }
    let path = path.to_owned();
    hop(move || fs::read(path)).await
}

/// Reads a whole file as text.
///
/// # Errors
/// Those of [`std::fs::read_to_string`]: [`InvalidData`](io::ErrorKind::InvalidData) if it is not UTF-8.
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let path = dir.path().join("a");
/// filch_fs::write(&path, "hello").await?;
/// assert_eq!(filch_fs::read_to_string(&path).await?, "hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = read(path).await?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes a whole file: makes it if it does not exist, replaces what is in it if it does.
/// It is complete when this returns; no flush is needed.
///
/// # Errors
/// Those of [`std::fs::write`]. The file may have been emptied, or written in part.
///
/// # Cancel safety
/// Cancelled, the file is written or will be, unless that fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let path = dir.path().join("a");
/// filch_fs::write(&path, "hello").await?;
/// assert_eq!(filch_fs::read(&path).await?, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let (path, contents) = (path.as_ref().to_owned(), contents.as_ref().to_owned());
    hop(move || fs::write(path, contents)).await
}

/// Copies what is in a file, and who may do what with it, to another file, which is made or replaced.
/// Returns how many bytes.
///
/// # Errors
/// Those of [`std::fs::copy`].
///
/// # Cancel safety
/// Cancelled, it goes on to its end.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let (from, to) = (dir.path().join("a"), dir.path().join("b"));
/// filch_fs::write(&from, "hello").await?;
/// assert_eq!(filch_fs::copy(&from, &to).await?, 5);
/// assert_eq!(filch_fs::read(&to).await?, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    hop(move || fs::copy(from, to)).await
}
