//! Halves of a stream: those that borrow it, and those that own it together.
//!
//! `$stream` is the stream's type, `$address` that of its addresses. `$split` and `$into_split` name the
//! macros with which the examples begin: as those of the stream, with its halves `read` and `write`.

/// `ReadHalf` and `WriteHalf`.
macro_rules! borrowed_halves {
    ($stream:ident, $address:ty, $split:ident) => {
        /// The half that reads; made by `split`.
        ///
        /// ```
        #[doc = $split!()]
        /// peer.try_write(b"hi")?;
        /// read.readable().await?;
        /// assert_eq!(read.try_read(&mut [0; 8])?, 2);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        #[derive(Debug)]
        pub struct ReadHalf<'a>(&'a $stream);

        /// The half that writes; made by `split`. Dropping it does not end the output.
        ///
        /// ```
        #[doc = $split!()]
        /// write.try_write(b"hi")?;
        /// drop(write);
        /// peer.readable().await?;
        /// assert_eq!(peer.try_read(&mut [0; 8])?, 2);
        /// // The output is open still: nothing more to read, and no end.
        /// assert!(peer.try_read(&mut [0; 8]).is_err());
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        #[derive(Debug)]
        pub struct WriteHalf<'a>(&'a $stream);

        pub(super) fn split(stream: &mut $stream) -> (ReadHalf<'_>, WriteHalf<'_>) {
            (ReadHalf(stream), WriteHalf(stream))
        }

        impl ReadHalf<'_> {
            fn stream(&self) -> &$stream {
                self.0
            }
        }

        impl WriteHalf<'_> {
            fn stream(&self) -> &$stream {
                self.0
            }
        }

        crate::net::methods::read_half!(ReadHalf<'_>, $stream, $address, $split);
        crate::net::methods::write_half!(WriteHalf<'_>, $stream, $address, $split, |half| {
            half.stream().shutdown_write()
        });
    };
}
pub(in crate::net) use borrowed_halves;

/// `OwnedReadHalf`, `OwnedWriteHalf`, `ReuniteError`.
macro_rules! owned_halves {
    ($stream:ident, $address:ty, $into_split:ident) => {
        /// The half that reads; made by `into_split`.
        ///
        /// ```
        #[doc = $into_split!()]
        /// peer.try_write(b"hi")?;
        /// read.readable().await?;
        /// assert_eq!(read.try_read(&mut [0; 8])?, 2);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        #[derive(Debug)]
        pub struct OwnedReadHalf {
            stream: std::sync::Arc<$stream>,
        }

        /// The half that writes; made by `into_split`. Dropping it ends the output, unless
        /// [`forget`](Self::forget) is called instead.
        ///
        /// ```
        #[doc = $into_split!()]
        /// write.try_write(b"hi")?;
        /// drop(write);
        /// peer.readable().await?;
        /// assert_eq!(peer.try_read(&mut [0; 8])?, 2);
        /// peer.readable().await?;
        /// assert_eq!(peer.try_read(&mut [0; 8])?, 0); // the end
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        #[derive(Debug)]
        pub struct OwnedWriteHalf {
            /// `None` only while it is being taken apart.
            stream: Option<std::sync::Arc<$stream>>,
            /// The output has been ended already.
            is_shutdown: bool,
        }

        /// The halves were not of one connection; here they are again.
        ///
        /// ```
        #[doc = $into_split!()]
        /// let (other_read, other_write) = peer.into_split();
        /// let error = read.reunite(other_write).unwrap_err();
        /// let stream = error.0.reunite(write).expect("the halves of one connection");
        /// # let _ = (stream, other_read, error.1);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        #[derive(Debug)]
        pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

        pub(super) fn into_split(stream: $stream) -> (OwnedReadHalf, OwnedWriteHalf) {
            let stream = std::sync::Arc::new(stream);
            let shared = Some(std::sync::Arc::clone(&stream));
            (OwnedReadHalf { stream }, OwnedWriteHalf { stream: shared, is_shutdown: false })
        }

        /// Makes one connection of two halves again; both directions are as open as they were.
        fn reunite(
            read: OwnedReadHalf,
            mut write: OwnedWriteHalf,
        ) -> Result<$stream, ReuniteError> {
            if !std::sync::Arc::ptr_eq(&read.stream, write.shared()) {
                return Err(ReuniteError(read, write));
            }
            // Without it, the write half does not end the output when it is dropped.
            drop(write.stream.take());
            let stream = std::sync::Arc::try_unwrap(read.stream);
            Ok(stream.expect("a connection has exactly two halves"))
        }

        impl OwnedReadHalf {
            fn stream(&self) -> &$stream {
                &self.stream
            }

            /// Puts the halves of one connection together again.
            ///
            /// # Errors
            /// [`ReuniteError`], with both halves in it, if they are not of one connection.
            ///
            /// ```
            #[doc = $into_split!()]
            /// let stream = read.reunite(write).expect("the halves of one connection");
            /// assert_eq!(stream.try_write(b"hello")?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn reunite(self, other: OwnedWriteHalf) -> Result<$stream, ReuniteError> {
                reunite(self, other)
            }
        }

        impl OwnedWriteHalf {
            fn shared(&self) -> &std::sync::Arc<$stream> {
                self.stream.as_ref().expect("a write half has its stream until it is taken apart")
            }

            fn stream(&self) -> &$stream {
                self.shared()
            }

            /// As [`OwnedReadHalf::reunite`].
            ///
            /// # Errors
            /// As there.
            ///
            /// ```
            #[doc = $into_split!()]
            /// let stream = write.reunite(read).expect("the halves of one connection");
            /// assert_eq!(stream.try_write(b"hello")?, 5);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn reunite(self, other: OwnedReadHalf) -> Result<$stream, ReuniteError> {
                reunite(other, self)
            }

            /// Drops it without ending the output; the connection is closed with the other half.
            ///
            /// ```
            #[doc = $into_split!()]
            /// write.forget();
            /// peer.try_write(b"the other way")?;
            /// read.readable().await?;
            /// assert_eq!(read.try_read(&mut [0; 16])?, 13);
            /// # std::io::Result::Ok(()) })?;
            /// # std::io::Result::Ok(())
            /// ```
            pub fn forget(mut self) {
                drop(self.stream.take());
            }
        }

        impl Drop for OwnedWriteHalf {
            fn drop(&mut self) {
                if let (Some(stream), false) = (&self.stream, self.is_shutdown) {
                    // There is nobody to tell; a connection that is broken has no output to end.
                    let _ = stream.shutdown_write();
                }
            }
        }

        crate::net::methods::read_half!(OwnedReadHalf, $stream, $address, $into_split);
        crate::net::methods::write_half!(OwnedWriteHalf, $stream, $address, $into_split, |half| {
            half.stream().shutdown_write()?;
            half.is_shutdown = true;
            Ok(())
        });

        impl std::fmt::Display for ReuniteError {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the two halves are not of the same connection")
            }
        }

        impl std::error::Error for ReuniteError {}
    };
}
pub(in crate::net) use owned_halves;
