//! What can be set on a connection.

use super::TcpStream;
use crate::net::methods::options;
use socket2::SockRef;
use std::io;
use std::time::Duration;

impl TcpStream {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.source)
    }

    options! { connected, "stream";
        nodelay, set_nodelay: bool = true,
            "whether small writes are sent at once instead of being gathered (`TCP_NODELAY`)",
            tcp_nodelay, set_tcp_nodelay;
        keepalive, set_keepalive: bool = true,
            "whether a silent peer is asked from time to time if it is still there (`SO_KEEPALIVE`)",
            keepalive, set_keepalive;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        quickack, set_quickack: bool = true,
            "whether what arrives is acknowledged at once (`TCP_QUICKACK`); the system may change it",
            tcp_quickack, set_tcp_quickack;
    }

    /// The time to live of packets, in hops.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert!(stream.ttl()? > 0);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.ttl()
    }

    /// Sets the time to live of packets, in hops.
    ///
    /// # Errors
    /// What the operating system says; 0 is invalid.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_ttl(64)?;
    /// assert_eq!(stream.ttl()?, 64);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.set_ttl(ttl)
    }

    /// How long closing waits for unsent data (`SO_LINGER`), in whole seconds; `None`: it does not wait,
    /// and the system sends the rest by itself.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.linger()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.socket().linger()
    }

    /// Sets how long closing waits for unsent data (`SO_LINGER`), in whole seconds.
    ///
    /// Zero makes dropping the stream reset the connection and lose what is unsent. Anything longer may
    /// block the thread that drops it for as long: prefer [`set_zero_linger`](Self::set_zero_linger) or
    /// `None`.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_linger(Some(std::time::Duration::from_secs(2)))?;
    /// assert_eq!(stream.linger()?, Some(std::time::Duration::from_secs(2)));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_linger(&self, duration: Option<Duration>) -> io::Result<()> {
        self.socket().set_linger(duration)
    }

    /// Makes dropping the stream reset the connection, which never blocks.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_zero_linger()?;
    /// assert_eq!(stream.linger()?, Some(std::time::Duration::ZERO));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }
}
