//! Addresses, and what can be set on a connection.

use super::TcpStream;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

impl TcpStream {
    /// This end's address.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.local_addr()?, peer.peer_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.local_addr()
    }

    /// The other end's address.
    ///
    /// # Errors
    /// What the operating system says; not connected any more, for instance.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.peer_addr()
    }

    /// Takes the error that is pending on the connection, if there is one.
    ///
    /// # Errors
    /// If it cannot be asked for.
    ///
    /// ```
    #[doc = connected!()]
    /// assert!(stream.take_error()?.is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.take_error()
    }

    /// Whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert!(!stream.nodelay()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.nodelay()
    }

    /// Sets whether small writes are sent at once instead of being gathered (`TCP_NODELAY`).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// stream.set_nodelay(true)?;
    /// assert!(stream.nodelay()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.set_nodelay(nodelay)
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
        SockRef::from(&*self.source).linger()
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
        SockRef::from(&*self.source).set_linger(duration)
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
}
