//! How a file is opened.

use crate::File;
use crate::hop::hop;
use std::fs::OpenOptions as StdOptions;
use std::io;
use std::path::Path;

/// Chooses how to open a file.
///
/// ```
/// use filch_fs::OpenOptions;
///
/// # let executor = filch_executor::Builder::new_current_thread().build()?;
/// # let dir = tempfile::tempdir()?;
/// # executor.block_on(async {
/// let log = OpenOptions::new().append(true).create(true).open(dir.path().join("log")).await?;
/// # drop(log);
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct OpenOptions(StdOptions);

impl OpenOptions {
    /// Nothing is allowed yet: choose at least one of [`read`](Self::read), [`write`](Self::write) and
    /// [`append`](Self::append).
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let error = filch_fs::OpenOptions::new().open(dir.path().join("a")).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[expect(clippy::new_without_default, reason = "std's and tokio's have none either")]
    pub fn new() -> Self {
        Self(StdOptions::new())
    }

    /// Whether the file can be read.
    ///
    /// ```
    /// let mut options = filch_fs::OpenOptions::new();
    /// options.read(true);
    /// ```
    pub fn read(&mut self, read: bool) -> &mut Self {
        self.0.read(read);
        self
    }

    /// Whether the file can be written.
    ///
    /// ```
    /// let mut options = filch_fs::OpenOptions::new();
    /// options.write(true);
    /// ```
    pub fn write(&mut self, write: bool) -> &mut Self {
        self.0.write(write);
        self
    }

    /// Whether each write goes to the end of the file, wherever that is by then.
    ///
    /// ```
    /// let mut options = filch_fs::OpenOptions::new();
    /// options.append(true);
    /// ```
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.0.append(append);
        self
    }

    /// Whether the file is emptied; needs [`write`](Self::write).
    ///
    /// ```
    /// let mut options = filch_fs::OpenOptions::new();
    /// options.write(true).truncate(true);
    /// ```
    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.0.truncate(truncate);
        self
    }

    /// Whether the file is made if it does not exist; needs [`write`](Self::write) or
    /// [`append`](Self::append).
    ///
    /// ```
    /// let mut options = filch_fs::OpenOptions::new();
    /// options.write(true).create(true);
    /// ```
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.0.create(create);
        self
    }

    /// Whether the file must not exist and is made; needs [`write`](Self::write) or
    /// [`append`](Self::append).
    ///
    /// ```
    /// let mut options = filch_fs::OpenOptions::new();
    /// options.write(true).create_new(true);
    /// ```
    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.0.create_new(create_new);
        self
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Those of [`std::fs::OpenOptions::open`].
    ///
    /// # Cancel safety
    /// Cancelled, it may or may not have made or emptied the file. A file that was opened for nobody is
    /// closed.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let options = filch_fs::OpenOptions::new().write(true).create(true).clone();
    /// options.open(dir.path().join("a")).await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (options, path) = (self.0.clone(), path.as_ref().to_owned());
        hop(move || options.open(path)).await.map(File::from_std)
    }
}

#[cfg(unix)]
impl OpenOptions {
    /// Who may do what with a file that is made, before the process's mask takes from it; 0o666 unless
    /// chosen.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// use std::os::unix::fs::PermissionsExt;
    ///
    /// let path = dir.path().join("secret");
    /// let file = filch_fs::File::options().write(true).create(true).mode(0o600).open(path).await?;
    /// assert_eq!(file.metadata().await?.permissions().mode() & 0o777, 0o600);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::mode(&mut self.0, mode);
        self
    }

    /// Further flags of `open(2)`, `O_NOFOLLOW` for one.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # executor.block_on(async {
    /// let flags = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    /// let link = dir.path().join("link");
    /// filch_fs::symlink("somewhere", &link).await?;
    /// assert!(filch_fs::File::options().read(true).custom_flags(flags).open(link).await.is_err());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn custom_flags(&mut self, flags: i32) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut self.0, flags);
        self
    }
}

#[cfg(windows)]
impl OpenOptions {
    /// The access to ask for, in place of what [`read`](Self::read), [`write`](Self::write) and
    /// [`append`](Self::append) say.
    pub fn access_mode(&mut self, access: u32) -> &mut Self {
        std::os::windows::fs::OpenOptionsExt::access_mode(&mut self.0, access);
        self
    }

    /// What others may do with the file meanwhile.
    pub fn share_mode(&mut self, share: u32) -> &mut Self {
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut self.0, share);
        self
    }

    /// Further flags of `CreateFile`.
    pub fn custom_flags(&mut self, flags: u32) -> &mut Self {
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut self.0, flags);
        self
    }

    /// The attributes of a file that is made.
    pub fn attributes(&mut self, attributes: u32) -> &mut Self {
        std::os::windows::fs::OpenOptionsExt::attributes(&mut self.0, attributes);
        self
    }

    /// What the server of a named pipe may learn and do.
    pub fn security_qos_flags(&mut self, flags: u32) -> &mut Self {
        std::os::windows::fs::OpenOptionsExt::security_qos_flags(&mut self.0, flags);
        self
    }
}

impl From<StdOptions> for OpenOptions {
    fn from(options: StdOptions) -> Self {
        Self(options)
    }
}
