//! What a half, borrowed or owned, has in common with its stream; parameters as in `halves.rs`.

/// What a half that reads has in common with its stream.
macro_rules! read_half {
    ($half:ty, $stream:ident, $address:ty, $example:ident) => {
        impl $half {
            #[doc = concat!("As [`", stringify!($stream), "::ready`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// assert!(read.ready(Interest::READABLE).await?.is_readable());
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn ready(&self, interest: crate::Interest) -> std::io::Result<crate::Ready> {
                self.stream().ready(interest).await
            }

            #[doc = concat!("As [`", stringify!($stream), "::readable`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// assert_eq!(read.try_read(&mut [0; 8])?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn readable(&self) -> std::io::Result<()> {
                self.stream().readable().await
            }

            #[doc = concat!("As [`", stringify!($stream), "::try_read`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// let mut buf = [0; 8];
            /// let n = read.try_read(&mut buf)?;
            /// assert_eq!(&buf[..n], b"hello");
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_read(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.stream().try_read(buf)
            }

            #[doc = concat!("As [`", stringify!($stream), "::try_read_vectored`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// let (mut head, mut tail) = ([0; 2], [0; 8]);
            /// let mut bufs = [&mut head[..], &mut tail[..]].map(std::io::IoSliceMut::new);
            /// assert_eq!(read.try_read_vectored(&mut bufs)?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_read_vectored(
                &self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                self.stream().try_read_vectored(bufs)
            }

            #[doc = concat!("As [`", stringify!($stream), "::try_read_buf`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// peer.try_write(b"hello")?;
            /// read.readable().await?;
            /// let mut buf = Vec::with_capacity(8);
            /// read.try_read_buf(&mut buf)?;
            /// assert_eq!(buf, b"hello");
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                self.stream().try_read_buf(buf)
            }

            #[doc = concat!("As [`", stringify!($stream), "::peer_addr`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// let (near, far) = (read.peer_addr()?, peer.local_addr()?);
            /// assert_eq!(format!("{near:?}"), format!("{far:?}"));
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn peer_addr(&self) -> std::io::Result<$address> {
                self.stream().peer_addr()
            }

            #[doc = concat!("As [`", stringify!($stream), "::local_addr`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// let (near, far) = (read.local_addr()?, peer.peer_addr()?);
            /// assert_eq!(format!("{near:?}"), format!("{far:?}"));
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn local_addr(&self) -> std::io::Result<$address> {
                self.stream().local_addr()
            }
        }

        impl AsRef<$stream> for $half {
            fn as_ref(&self) -> &$stream {
                self.stream()
            }
        }

        crate::net::methods::async_read!($half, stream);
    };
}
pub(in crate::net) use read_half;

/// What a half that writes has in common with its stream; `$shutdown` ends the output.
macro_rules! write_half {
    ($half:ty, $stream:ident, $address:ty, $example:ident, $shutdown:expr) => {
        impl $half {
            #[doc = concat!("As [`", stringify!($stream), "::ready`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// assert!(write.ready(Interest::WRITABLE).await?.is_writable());
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn ready(&self, interest: crate::Interest) -> std::io::Result<crate::Ready> {
                self.stream().ready(interest).await
            }

            #[doc = concat!("As [`", stringify!($stream), "::writable`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// # Cancel safety
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// write.writable().await?;
            /// assert_eq!(write.try_write(b"hello")?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub async fn writable(&self) -> std::io::Result<()> {
                self.stream().writable().await
            }

            #[doc = concat!("As [`", stringify!($stream), "::try_write`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// assert_eq!(write.try_write(b"hello")?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_write(&self, buf: &[u8]) -> std::io::Result<usize> {
                self.stream().try_write(buf)
            }

            #[doc = concat!("As [`", stringify!($stream), "::try_write_vectored`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// let bufs = [&b"hel"[..], &b"lo"[..]].map(std::io::IoSlice::new);
            /// assert_eq!(write.try_write_vectored(&bufs)?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn try_write_vectored(
                &self,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                self.stream().try_write_vectored(bufs)
            }

            #[doc = concat!("As [`", stringify!($stream), "::peer_addr`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// let (near, far) = (write.peer_addr()?, peer.local_addr()?);
            /// assert_eq!(format!("{near:?}"), format!("{far:?}"));
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn peer_addr(&self) -> std::io::Result<$address> {
                self.stream().peer_addr()
            }

            #[doc = concat!("As [`", stringify!($stream), "::local_addr`].")]
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $example!()]
            /// let (near, far) = (write.local_addr()?, peer.peer_addr()?);
            /// assert_eq!(format!("{near:?}"), format!("{far:?}"));
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn local_addr(&self) -> std::io::Result<$address> {
                self.stream().local_addr()
            }
        }

        impl AsRef<$stream> for $half {
            fn as_ref(&self) -> &$stream {
                self.stream()
            }
        }

        crate::net::methods::async_write!($half, stream; $shutdown);
    };
}
pub(in crate::net) use write_half;
