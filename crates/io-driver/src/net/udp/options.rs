//! What can be set on a UDP socket.

use super::UdpSocket;
use crate::net::methods::options;
use socket2::SockRef;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

impl UdpSocket {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.source)
    }

    options! { connected, "socket";
        broadcast, set_broadcast: bool = true,
            "whether datagrams may be sent to everyone (`SO_BROADCAST`)",
            broadcast, set_broadcast;
        multicast_loop_v4, set_multicast_loop_v4: bool = false,
            "whether multicast datagrams come back to this machine (`IP_MULTICAST_LOOP`)",
            multicast_loop_v4, set_multicast_loop_v4;
        multicast_ttl_v4, set_multicast_ttl_v4: u32 = 2,
            "the time to live of multicast datagrams, in hops (`IP_MULTICAST_TTL`)",
            multicast_ttl_v4, set_multicast_ttl_v4;
        ttl, set_ttl: u32 = 64,
            "the time to live of datagrams, in hops (`IP_TTL`)",
            ttl_v4, set_ttl_v4;
        tos_v4, set_tos_v4: u32 = 16,
            "the type of service in the header of datagrams (`IP_TOS`)",
            tos_v4, set_tos_v4;
    }

    /// Tells whether multicast datagrams over IPv6 come back to this machine (`IPV6_MULTICAST_LOOP`).
    ///
    /// # Errors
    /// What the operating system says; a socket of IPv4 has no such option.
    ///
    /// ```no_run
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("[::1]:0").await?;
    /// assert!(socket.multicast_loop_v6()?);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.socket().multicast_loop_v6()
    }

    /// Sets whether multicast datagrams over IPv6 come back to this machine (`IPV6_MULTICAST_LOOP`).
    ///
    /// # Errors
    /// As [`multicast_loop_v6`](Self::multicast_loop_v6).
    ///
    /// ```no_run
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("[::1]:0").await?;
    /// socket.set_multicast_loop_v6(false)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_multicast_loop_v6(&self, value: bool) -> io::Result<()> {
        self.socket().set_multicast_loop_v6(value)
    }

    /// Receives what is sent to a group, on the interface with an address; 0.0.0.0 lets the system choose.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```no_run
    #[doc = connected!()]
    /// use std::net::Ipv4Addr;
    /// socket.join_multicast_v4(Ipv4Addr::new(224, 0, 0, 123), Ipv4Addr::UNSPECIFIED)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn join_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket().join_multicast_v4(&multiaddr, &interface)
    }

    /// Ends [`join_multicast_v4`](Self::join_multicast_v4).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```no_run
    #[doc = connected!()]
    /// use std::net::Ipv4Addr;
    /// socket.leave_multicast_v4(Ipv4Addr::new(224, 0, 0, 123), Ipv4Addr::UNSPECIFIED)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn leave_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket().leave_multicast_v4(&multiaddr, &interface)
    }

    /// Receives what is sent to a group, on the interface with an index; 0 lets the system choose.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```no_run
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.join_multicast_v6(&"ff02::123".parse().unwrap(), 0)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket().join_multicast_v6(multiaddr, interface)
    }

    /// Ends [`join_multicast_v6`](Self::join_multicast_v6).
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```no_run
    #[doc = connected!()]
    /// let socket = UdpSocket::bind("[::]:0").await?;
    /// socket.leave_multicast_v6(&"ff02::123".parse().unwrap(), 0)?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket().leave_multicast_v6(multiaddr, interface)
    }

    /// Binds it to a network device, `None` to any (`SO_BINDTODEVICE`).
    ///
    /// # Errors
    /// What the operating system says; it may need a privilege.
    ///
    /// ```
    #[doc = connected!()]
    /// socket.bind_device(None)?;
    /// assert_eq!(socket.device()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.socket().bind_device(interface)
    }

    /// The network device it is bound to.
    ///
    /// # Errors
    /// What the operating system says.
    ///
    /// ```
    #[doc = connected!()]
    /// assert_eq!(socket.device()?, None);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.socket().device()
    }
}
