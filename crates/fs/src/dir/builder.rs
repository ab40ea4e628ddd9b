//! How a directory is made.

use crate::hop::hop;
use std::fs::DirBuilder as StdBuilder;
use std::io;
use std::path::Path;

/// Chooses how to make a directory.
///
/// ```
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// filch_fs::DirBuilder::new().recursive(true).create(dir.path().join("a/b/c")).await?;
/// assert!(dir.path().join("a/b/c").is_dir());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default)]
pub struct DirBuilder {
    recursive: bool,
    #[cfg(unix)]
    mode: Option<u32>,
}

impl DirBuilder {
    /// One directory, for everybody that the process's mask does not exclude.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::DirBuilder::new().create(dir.path().join("a")).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the directories on the way to it are made too, and it may exist already.
    ///
    /// ```
    /// let mut builder = filch_fs::DirBuilder::new();
    /// builder.recursive(true);
    /// ```
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// Who may do what with it, before the process's mask takes from that; 0o777 unless chosen.
    ///
    /// ```
    /// let mut builder = filch_fs::DirBuilder::new();
    /// builder.mode(0o700);
    /// ```
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = Some(mode);
        self
    }

    /// Makes the directory.
    ///
    /// # Errors
    /// Those of [`std::fs::DirBuilder::create`].
    ///
    /// # Cancel safety
    /// Cancelled, it is done or will be, unless it fails.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// filch_fs::DirBuilder::new().create(dir.path().join("a")).await?;
    /// assert!(dir.path().join("a").is_dir());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut builder = StdBuilder::new();
        builder.recursive(self.recursive);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
        }
        let path = path.as_ref().to_owned();
        hop(move || builder.create(path)).await
    }
}
