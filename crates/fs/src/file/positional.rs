//! Reads and writes at a place of the file, not at its position.

use super::{File, uninterrupted};
use crate::inline;
use std::fs::File as StdFile;
use std::future::poll_fn;
use std::io;

impl File {
    /// Reads into `buf` from `offset` bytes after the start, without regard to the position, which stays
    /// (on Windows, it moves). Returns how many bytes: 0 only at the end of the file, or if `buf` is
    /// empty. Any number of them may be under way at once.
    ///
    /// What was [written as to a stream](filch_io::AsyncWriteExt) and not flushed may or may not be seen.
    ///
    /// # Errors
    /// Those of reading.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is read then, as far as anybody can tell.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// filch_fs::write(&path, "hello, world").await?;
    /// let file = filch_fs::File::open(&path).await?;
    /// let mut buf = [0; 5];
    /// assert_eq!(file.read_at(&mut buf, 7).await?, 5);
    /// assert_eq!(&buf, b"world");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        inline::turn().await;
        if let Some(count) = self.inline.read(&self.file, Some(offset), buf) {
            return Ok(count);
        }
        let length = buf.len().min(self.max_buf_size());
        let bytes = self
            .hop(move |file| {
                let mut bytes = vec![0; length];
                let count = uninterrupted(|| read_at(file, &mut bytes, offset))?;
                bytes.truncate(count);
                Ok(bytes)
            })
            .await?;
        buf[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    /// Fills `buf` from `offset` bytes after the start; otherwise as [`read_at`](Self::read_at).
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the file ends before; those of reading. What
    /// `buf` holds is then unknown.
    ///
    /// # Cancel safety
    /// Cancelled, `buf` may be filled in part; the file is as before.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// filch_fs::write(&path, "hello").await?;
    /// let file = filch_fs::File::open(&path).await?;
    /// let mut buf = [0; 4];
    /// file.read_exact_at(&mut buf, 1).await?;
    /// assert_eq!(&buf, b"ello");
    /// let error = file.read_exact_at(&mut buf, 2).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn read_exact_at(&self, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            match self.read_at(buf, offset).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => {
                    buf = &mut buf[count..];
                    offset += count as u64;
                }
            }
        }
        Ok(())
    }

    /// Writes bytes from the front of `buf` to `offset` bytes after the start, without regard to the
    /// position, which stays (on Windows, it moves), and says how many. They are written when it
    /// returns, no [flush](filch_io::AsyncWriteExt::flush) is needed. Any number may be under way at
    /// once; where they overlap, either may win. A file that was opened for appending appends.
    ///
    /// # Errors
    /// Those of writing.
    ///
    /// # Cancel safety
    /// Cancelled, the bytes may or may not be written, now or later.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(&path).await?;
    /// assert_eq!(file.write_at(b"there", 2).await?, 5);
    /// assert_eq!(filch_fs::read(&path).await?, b"\0\0there");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        // What was read ahead may be written over.
        poll_fn(|cx| self.poll_give_back(cx)).await?;
        let bytes = buf[..buf.len().min(self.max_buf_size())].to_vec();
        self.hop(move |file| uninterrupted(|| write_at(file, &bytes, offset))).await
    }

    /// Writes all of `buf` to `offset` bytes after the start; otherwise as [`write_at`](Self::write_at).
    ///
    /// # Errors
    /// Those of writing; some of the bytes may have been written then.
    ///
    /// # Cancel safety
    /// As [`write_at`](Self::write_at), for any part of the bytes.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().build()?;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("a");
    /// # executor.block_on(async {
    /// let file = filch_fs::File::create(&path).await?;
    /// file.write_all_at(b"hello", 0).await?;
    /// assert_eq!(filch_fs::read(&path).await?, b"hello");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn write_all_at(&self, mut buf: &[u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            match self.write_at(buf, offset).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => {
                    buf = &buf[count..];
                    offset += count as u64;
                }
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &StdFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(unix)]
fn write_at(file: &StdFile, buf: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &StdFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

#[cfg(windows)]
fn write_at(file: &StdFile, buf: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, buf, offset)
}
