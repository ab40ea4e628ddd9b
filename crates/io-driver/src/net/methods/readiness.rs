//! Waiting, and operations of the caller's own.

/// `ready`, `try_io`, `async_io`. In the examples `$name` is ready for `$interest`, and `$operation` is
/// what can be done with it then: 5 bytes.
macro_rules! readiness {
    ($example:ident, $name:literal, $interest:literal, $operation:literal) => {
        /// Waits for any of `interest`; several tasks may wait at once.
        ///
        /// The operation may still return [`WouldBlock`](std::io::ErrorKind::WouldBlock): wait again then.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// # Cancel safety
        /// Dropping the future changes nothing: a readiness that nobody has disproved is found again.
        ///
        /// ```
        #[doc = $example!()]
        #[doc = concat!("let ready = ", $name, ".ready(", $interest, " | Interest::ERROR).await?;")]
        /// assert!(!ready.is_error());
        #[doc = concat!("assert_eq!(", $operation, "?, 5);")]
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn ready(&self, interest: crate::Interest) -> std::io::Result<crate::Ready> {
            Ok(self.source.registration().ready(interest).await?.ready)
        }

        /// Runs an operation of the caller's own, if `interest` seems ready; if the operation returns
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock), it no longer does.
        ///
        /// The operation must return that error only if the operating system did.
        ///
        /// # Errors
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock), or what the operation returns.
        ///
        /// ```
        #[doc = $example!()]
        #[doc = concat!("let _ready = ", $name, ".ready(", $interest, ").await?;")]
        #[doc = concat!("let n = ", $name, ".try_io(", $interest, ", || ", $operation, ")?;")]
        /// assert_eq!(n, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_io<R>(
            &self,
            interest: crate::Interest,
            operation: impl FnOnce() -> std::io::Result<R>,
        ) -> std::io::Result<R> {
            self.source.try_io(interest, |_socket| operation())
        }

        /// Waits for `interest` and runs an operation of the caller's own, until it returns something else
        /// than [`WouldBlock`](std::io::ErrorKind::WouldBlock).
        ///
        /// # Errors
        /// What the operation returns.
        ///
        /// # Cancel safety
        /// Dropping the future changes nothing: where the operation has run, its result is returned.
        ///
        /// ```
        #[doc = $example!()]
        #[doc = concat!("let n = ", $name, ".async_io(", $interest, ", || ", $operation, ").await?;")]
        /// assert_eq!(n, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn async_io<R>(
            &self,
            interest: crate::Interest,
            operation: impl FnMut() -> std::io::Result<R>,
        ) -> std::io::Result<R> {
            self.source.async_io(interest, operation).await
        }
    };
}
pub(in crate::net) use readiness;
