//! Streams of bytes.

/// What waits for input and reads it without waiting.
macro_rules! reads {
    ($example:ident) => {
        /// Waits until there is something to read, or no more to come; several tasks may wait at once.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// # Cancel safety
        /// As [`ready`](Self::ready).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.try_write(b"hello")?;
        /// stream.readable().await?;
        /// let mut buf = [0; 8];
        /// assert_eq!(stream.try_read(&mut buf)?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn readable(&self) -> std::io::Result<()> {
            self.ready(crate::Interest::READABLE).await.map(drop)
        }

        /// As [`readable`](Self::readable), for a task that polls. Only the last task that polled for
        /// reading is woken, be it here or in `poll_read`.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// ```
        #[doc = $example!()]
        /// peer.try_write(b"hello")?;
        /// std::future::poll_fn(|cx| stream.poll_read_ready(cx)).await?;
        /// assert_eq!(stream.try_read(&mut [0; 8])?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_read_ready(
            &self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            let direction = crate::readiness::Direction::Read;
            self.source.registration().poll_ready(cx, direction).map_ok(|_observed| ())
        }

        /// Reads what is there, without waiting; 0 bytes into a buffer with room are the end of the input.
        ///
        /// # Errors
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is nothing: wait for
        /// [`readable`](Self::readable); or what the operating system says.
        ///
        /// ```
        #[doc = $example!()]
        /// use std::io::ErrorKind::WouldBlock;
        /// let mut buf = [0; 8];
        /// assert_eq!(stream.try_read(&mut buf).unwrap_err().kind(), WouldBlock);
        /// peer.try_write(b"hello")?;
        /// stream.readable().await?;
        /// assert_eq!(stream.try_read(&mut buf)?, 5);
        /// drop(peer);
        /// stream.readable().await?;
        /// assert_eq!(stream.try_read(&mut buf)?, 0);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_read(&self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.source.try_read(buf)
        }

        /// As [`try_read`](Self::try_read), filling one buffer after the other.
        ///
        /// # Errors
        /// As [`try_read`](Self::try_read).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.try_write(b"hello")?;
        /// stream.readable().await?;
        /// let (mut head, mut tail) = ([0; 2], [0; 8]);
        /// let mut bufs = [&mut head[..], &mut tail[..]].map(std::io::IoSliceMut::new);
        /// assert_eq!(stream.try_read_vectored(&mut bufs)?, 5);
        /// assert_eq!((&head, &tail[..3]), (b"he", &b"llo"[..]));
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_read_vectored(
            &self,
            bufs: &mut [std::io::IoSliceMut<'_>],
        ) -> std::io::Result<usize> {
            self.source.try_read_vectored(bufs)
        }

        /// As [`try_read`](Self::try_read), into the spare room of a growing buffer, which is advanced.
        ///
        /// # Errors
        /// As [`try_read`](Self::try_read).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.try_write(b"hello")?;
        /// stream.readable().await?;
        /// let mut buf = Vec::with_capacity(8);
        /// stream.try_read_buf(&mut buf)?;
        /// assert_eq!(buf, b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
            self.source.try_read_buf(buf)
        }
    };
}
pub(in crate::net) use reads;

/// What waits for room and writes without waiting.
macro_rules! writes {
    ($example:ident) => {
        /// Waits until there is room to write, or writing is over; several tasks may wait at once.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// # Cancel safety
        /// As [`ready`](Self::ready).
        ///
        /// ```
        #[doc = $example!()]
        /// stream.writable().await?;
        /// assert_eq!(stream.try_write(b"hello")?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn writable(&self) -> std::io::Result<()> {
            self.ready(crate::Interest::WRITABLE).await.map(drop)
        }

        /// As [`writable`](Self::writable), for a task that polls. Only the last task that polled for
        /// writing is woken, be it here or in `poll_write`.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// ```
        #[doc = $example!()]
        /// std::future::poll_fn(|cx| stream.poll_write_ready(cx)).await?;
        /// assert_eq!(stream.try_write(b"hello")?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_write_ready(
            &self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            let direction = crate::readiness::Direction::Write;
            self.source.registration().poll_ready(cx, direction).map_ok(|_observed| ())
        }

        /// Writes as much as there is room for, without waiting.
        ///
        /// # Errors
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is no room: wait for
        /// [`writable`](Self::writable); or what the operating system says.
        ///
        /// ```
        #[doc = $example!()]
        /// assert_eq!(stream.try_write(b"hello")?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_write(&self, buf: &[u8]) -> std::io::Result<usize> {
            self.source.try_write(buf)
        }

        /// As [`try_write`](Self::try_write), from one buffer after the other.
        ///
        /// # Errors
        /// As [`try_write`](Self::try_write).
        ///
        /// ```
        #[doc = $example!()]
        /// let bufs = [&b"hel"[..], &b"lo"[..]].map(std::io::IoSlice::new);
        /// assert_eq!(stream.try_write_vectored(&bufs)?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_write_vectored(&self, bufs: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
            self.source.try_write_vectored(bufs)
        }
    };
}
pub(in crate::net) use writes;

/// [`AsyncRead`](filch_io::AsyncRead); for a half, `$stream` names the method that borrows its stream.
macro_rules! async_read {
    ($type:ty $(, $stream:ident)?) => {
        impl filch_io::AsyncRead for $type {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut filch_io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                self$(.$stream())?.source.poll_read(cx, buf)
            }
        }
    };
}
pub(in crate::net) use async_read;

/// [`AsyncWrite`](filch_io::AsyncWrite), as `async_read`; `$shutdown` ends the output.
macro_rules! async_write {
    ($type:ty $(, $stream:ident)?; $shutdown:expr) => {
        impl filch_io::AsyncWrite for $type {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self$(.$stream())?.source.poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self$(.$stream())?.source.poll_write_vectored(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            /// Nothing is buffered here.
            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                _cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Ok(()))
            }

            /// Half-close: ends the output, while reading goes on.
            fn poll_shutdown(
                self: std::pin::Pin<&mut Self>,
                _cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let shutdown: fn(&mut Self) -> std::io::Result<()> = $shutdown;
                std::task::Poll::Ready(shutdown(self.get_mut()))
            }
        }
    };
}
pub(in crate::net) use async_write;
