//! Directories, links, names: each in one hop or none.

use crate::hop::hop;
use crate::inline;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};

/// The absolute path without symbolic links, `.` and `..`.
///
/// # Errors
/// Those of [`std::fs::canonicalize`].
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// assert!(filch_fs::canonicalize(dir.path().join(".")).await?.is_absolute());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    hop(move || fs::canonicalize(path)).await
}

/// Makes a directory.
///
/// # Errors
/// Those of [`std::fs::create_dir`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::create_dir(dir.path().join("a")).await?;
/// let error = filch_fs::create_dir(dir.path().join("a")).await.unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || fs::create_dir(path)).await
}

/// Makes a directory and those on the way to it, as far as they do not exist.
///
/// # Errors
/// Those of [`std::fs::create_dir_all`].
///
/// # Cancel safety
/// Cancelled, it goes on to its end.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::create_dir_all(dir.path().join("a/b/c")).await?;
/// filch_fs::create_dir_all(dir.path().join("a/b/c")).await?;
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || fs::create_dir_all(path)).await
}

/// Makes `link` another name of the file `original`.
///
/// # Errors
/// Those of [`std::fs::hard_link`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let (original, link) = (dir.path().join("a"), dir.path().join("b"));
/// filch_fs::write(&original, "hello").await?;
/// filch_fs::hard_link(&original, &link).await?;
/// assert_eq!(filch_fs::read(&link).await?, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    hop(move || fs::hard_link(original, link)).await
}

/// What the file system knows about a path; symbolic links are followed.
///
/// # Errors
/// Those of [`std::fs::metadata`].
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// assert!(filch_fs::metadata(dir.path()).await?.is_dir());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    inline::turn().await;
    if let Some(metadata) = inline::metadata(path) {
        return Ok(metadata);
    }
    let path = path.to_owned();
    hop(move || fs::metadata(path)).await
}

/// Where a symbolic link leads.
///
/// # Errors
/// Those of [`std::fs::read_link`].
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::symlink("somewhere", dir.path().join("a")).await?;
/// assert_eq!(filch_fs::read_link(dir.path().join("a")).await?.to_str(), Some("somewhere"));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref().to_owned();
    hop(move || fs::read_link(path)).await
}

/// Removes an empty directory.
///
/// # Errors
/// Those of [`std::fs::remove_dir`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::create_dir(dir.path().join("a")).await?;
/// filch_fs::remove_dir(dir.path().join("a")).await?;
/// assert!(!filch_fs::try_exists(dir.path().join("a")).await?);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || fs::remove_dir(path)).await
}

/// Removes a directory and everything in it. Symbolic links are removed, not followed.
///
/// # Errors
/// Those of [`std::fs::remove_dir_all`].
///
/// # Cancel safety
/// Cancelled, it goes on to its end.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::create_dir_all(dir.path().join("a/b/c")).await?;
/// filch_fs::remove_dir_all(dir.path().join("a")).await?;
/// assert!(!filch_fs::try_exists(dir.path().join("a")).await?);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || fs::remove_dir_all(path)).await
}

/// Removes a file. Whoever has it open can go on using it, on Unix.
///
/// # Errors
/// Those of [`std::fs::remove_file`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::write(dir.path().join("a"), "").await?;
/// filch_fs::remove_file(dir.path().join("a")).await?;
/// assert!(!filch_fs::try_exists(dir.path().join("a")).await?);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || fs::remove_file(path)).await
}

/// Gives a file or directory another name on the same file system; a file that has the name is replaced.
///
/// # Errors
/// Those of [`std::fs::rename`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let (from, to) = (dir.path().join("a"), dir.path().join("b"));
/// filch_fs::write(&from, "hello").await?;
/// filch_fs::rename(&from, &to).await?;
/// assert_eq!(filch_fs::read(&to).await?, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    hop(move || fs::rename(from, to)).await
}

/// Changes who may do what with a file or directory.
///
/// # Errors
/// Those of [`std::fs::set_permissions`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let path = dir.path().join("a");
/// filch_fs::write(&path, "").await?;
/// let mut permissions = filch_fs::metadata(&path).await?.permissions();
/// permissions.set_readonly(true);
/// filch_fs::set_permissions(&path, permissions).await?;
/// assert!(filch_fs::metadata(&path).await?.permissions().readonly());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    hop(move || fs::set_permissions(path, permissions)).await
}

/// Makes `link` a symbolic link that leads to `original`, which need not exist.
///
/// # Errors
/// Those of [`std::os::unix::fs::symlink`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::write(dir.path().join("a"), "hello").await?;
/// filch_fs::symlink("a", dir.path().join("b")).await?;
/// assert_eq!(filch_fs::read(dir.path().join("b")).await?, b"hello");
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[cfg(unix)]
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    hop(move || std::os::unix::fs::symlink(original, link)).await
}

/// What the file system knows about a path; of a symbolic link, about the link.
///
/// # Errors
/// Those of [`std::fs::symlink_metadata`].
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::symlink("somewhere", dir.path().join("a")).await?;
/// assert!(filch_fs::symlink_metadata(dir.path().join("a")).await?.is_symlink());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref().to_owned();
    hop(move || fs::symlink_metadata(path)).await
}

/// Whether there is something at a path; symbolic links are followed.
///
/// # Errors
/// Those of [`std::fs::exists`]: that it cannot be found out.
///
/// # Cancel safety
/// Cancel safe.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// assert!(filch_fs::try_exists(dir.path()).await?);
/// assert!(!filch_fs::try_exists(dir.path().join("a")).await?);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    let path = path.as_ref().to_owned();
    hop(move || fs::exists(path)).await
}

/// Makes `link` a symbolic link that leads to the directory `original`.
///
/// # Errors
/// Those of [`std::os::windows::fs::symlink_dir`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
#[cfg(windows)]
pub async fn symlink_dir(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    hop(move || std::os::windows::fs::symlink_dir(original, link)).await
}

/// Makes `link` a symbolic link that leads to the file `original`.
///
/// # Errors
/// Those of [`std::os::windows::fs::symlink_file`].
///
/// # Cancel safety
/// Cancelled, it is done or will be, unless it fails.
#[cfg(windows)]
pub async fn symlink_file(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref().to_owned(), link.as_ref().to_owned());
    hop(move || std::os::windows::fs::symlink_file(original, link)).await
}
