//! [`BufStream`].

use super::{
    BufReader, BufWriter, DEFAULT_CAPACITY, forward_buf_read, forward_read, forward_seek,
    forward_write,
};
use crate::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use pin_project_lite::pin_project;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A stream with a [`BufReader`] and a [`BufWriter`] in front of it.
    ///
    /// Nothing is written on drop: [`flush`](crate::AsyncWriteExt::flush) first.
    ///
    /// ```
    /// use filch_io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
    /// # futures_lite::future::block_on(async {
    /// let (near, mut far) = filch_io::duplex(64);
    /// let mut stream = BufStream::new(near);
    /// far.write_all(b"question\n").await?;
    ///
    /// let mut line = String::new();
    /// stream.read_line(&mut line).await?;
    /// stream.write_all(b"answer\n").await?;
    /// stream.flush().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Debug)]
    pub struct BufStream<RW> {
        #[pin]
        inner: BufReader<BufWriter<RW>>,
    }
}

impl<RW> BufStream<RW> {
    /// A stream with two buffers of 8 KiB.
    pub fn new(stream: RW) -> Self
    where
        RW: AsyncRead + AsyncWrite,
    {
        Self::with_capacity(DEFAULT_CAPACITY, DEFAULT_CAPACITY, stream)
    }

    /// A stream with buffers of `read` and `write` bytes.
    pub fn with_capacity(read: usize, write: usize, stream: RW) -> Self
    where
        RW: AsyncRead + AsyncWrite,
    {
        Self { inner: BufReader::with_capacity(read, BufWriter::with_capacity(write, stream)) }
    }

    /// The stream behind.
    pub fn get_ref(&self) -> &RW {
        self.inner.get_ref().get_ref()
    }

    /// The stream behind; reading and writing there passes the buffers by.
    pub fn get_mut(&mut self) -> &mut RW {
        self.inner.get_mut().get_mut()
    }

    /// The stream behind, pinned; reading and writing there passes the buffers by.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut RW> {
        self.project().inner.get_pin_mut().get_pin_mut()
    }

    /// The stream behind. What is buffered is lost.
    pub fn into_inner(self) -> RW {
        self.inner.into_inner().into_inner()
    }
}

impl<RW> From<BufReader<BufWriter<RW>>> for BufStream<RW> {
    fn from(inner: BufReader<BufWriter<RW>>) -> Self {
        Self { inner }
    }
}

impl<RW> From<BufWriter<BufReader<RW>>> for BufStream<RW> {
    fn from(writer: BufWriter<BufReader<RW>>) -> Self {
        let (reader, writer) = writer.replace_inner(());
        Self { inner: reader.map_inner(|stream| writer.map_inner(|()| stream)) }
    }
}

impl<RW: AsyncRead + AsyncWrite> AsyncRead for BufStream<RW> {
    forward_read!();
}

impl<RW: AsyncRead + AsyncWrite> AsyncBufRead for BufStream<RW> {
    forward_buf_read!();
}

impl<RW: AsyncRead + AsyncWrite> AsyncWrite for BufStream<RW> {
    forward_write!();
}

/// What is buffered for writing is written before the position moves; what was read ahead is
/// dropped.
impl<RW: AsyncRead + AsyncWrite + AsyncSeek> AsyncSeek for BufStream<RW> {
    forward_seek!();
}
