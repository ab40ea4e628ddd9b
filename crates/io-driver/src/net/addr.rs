//! What can be turned into socket addresses.

use crate::resolver::Lookup;
use std::future::{Future, Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{option, vec};

/// Turns itself into socket addresses, without blocking where a name must be looked up.
///
/// Implemented for addresses, for pairs of an address or a host and a port, for `"host:port"`, and for
/// slices of addresses. It cannot be implemented outside this crate: its method may change.
///
/// ```
/// use filch_io_driver::{Driver, net::lookup_host};
///
/// let driver = Driver::new()?;
/// driver.block_on(async {
///     assert_eq!(lookup_host(("127.0.0.1", 80)).await?.count(), 1);
///     assert_eq!(lookup_host("[::1]:80").await?.count(), 1);
///     assert!(lookup_host("no port").await.is_err());
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
pub trait ToSocketAddrs: sealed::Addresses {}

impl<T: sealed::Addresses + ?Sized> ToSocketAddrs for T {}

/// The addresses behind `host`, in the resolver's order of preference.
///
/// The system's resolver is asked on threads of its own, a few for each runtime.
///
/// # Errors
/// If the name has no address, or is none.
///
/// # Panics
/// If a name has to be looked up and no driver is entered on this thread.
///
/// # Cancel safety
/// Dropping the future loses nothing but the answer; a thread that asks the system's resolver goes on
/// alone until it has answered.
///
/// ```
/// use filch_io_driver::{Driver, net::lookup_host};
///
/// let driver = Driver::new()?;
/// let mut addresses = driver.block_on(lookup_host("localhost:80"))?;
/// assert!(addresses.all(|address| address.ip().is_loopback()));
/// # std::io::Result::Ok(())
/// ```
pub async fn lookup_host<T: ToSocketAddrs>(
    host: T,
) -> io::Result<impl Iterator<Item = SocketAddr>> {
    host.to_socket_addrs().await
}

/// Tries `attempt` with one address after the other, and returns the first success or the last error.
pub(super) async fn first_that_works<A, F, T>(
    addresses: A,
    mut attempt: impl FnMut(SocketAddr) -> F,
) -> io::Result<T>
where
    A: ToSocketAddrs,
    F: Future<Output = io::Result<T>>,
{
    let mut last = None;
    for address in addresses.to_socket_addrs().await? {
        match attempt(address).await {
            Ok(result) => return Ok(result),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address at all")
}

/// Addresses that may have to be looked up.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub enum MaybeLookedUp {
    /// The text was an address.
    Known(SocketAddr),
    /// The text is a name.
    Lookup(Lookup),
    /// The text is neither.
    Malformed(&'static str),
}

impl MaybeLookedUp {
    fn host(host: &str, port: u16) -> Self {
        match host.parse::<IpAddr>() {
            Ok(ip) => Self::Known(SocketAddr::new(ip, port)),
            Err(_) => Self::Lookup(Lookup::new(host, port)),
        }
    }

    fn text(text: &str) -> Self {
        if let Ok(address) = text.parse() {
            return Self::Known(address);
        }
        let Some((host, port)) = text.rsplit_once(':') else {
            return Self::Malformed("a socket address needs a port: \"host:port\"");
        };
        match port.parse() {
            Ok(port) => Self::Lookup(Lookup::new(host, port)),
            Err(_) => Self::Malformed("the port of a socket address is a number up to 65535"),
        }
    }
}

impl Future for MaybeLookedUp {
    type Output = io::Result<OneOrMore>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Known(address) => Poll::Ready(Ok(OneOrMore::One(Some(*address).into_iter()))),
            Self::Lookup(lookup) => Pin::new(lookup).poll(cx).map_ok(OneOrMore::More),
            Self::Malformed(reason) => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidInput, *reason)))
            }
        }
    }
}

/// The addresses of a text.
#[derive(Debug)]
pub enum OneOrMore {
    /// It was an address.
    One(option::IntoIter<SocketAddr>),
    /// It was a name.
    More(vec::IntoIter<SocketAddr>),
}

impl Iterator for OneOrMore {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Self::One(addresses) => addresses.next(),
            Self::More(addresses) => addresses.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::One(addresses) => addresses.size_hint(),
            Self::More(addresses) => addresses.size_hint(),
        }
    }
}

mod sealed {
    use std::future::Future;
    use std::io;
    use std::net::SocketAddr;

    /// What `ToSocketAddrs` can do; not part of the public API.
    pub trait Addresses {
        type Iter: Iterator<Item = SocketAddr> + Send + 'static;
        type Future: Future<Output = io::Result<Self::Iter>> + Send + 'static;

        fn to_socket_addrs(&self) -> Self::Future;
    }
}

impl<T: sealed::Addresses + ?Sized> sealed::Addresses for &T {
    type Iter = T::Iter;
    type Future = T::Future;

    fn to_socket_addrs(&self) -> Self::Future {
        (**self).to_socket_addrs()
    }
}

/// The types that are one address already.
macro_rules! one_address {
    ($($address:ty),* $(,)?) => {$(
        impl sealed::Addresses for $address {
            type Iter = option::IntoIter<SocketAddr>;
            type Future = Ready<io::Result<Self::Iter>>;

            fn to_socket_addrs(&self) -> Self::Future {
                ready(Ok(Some(SocketAddr::from(*self)).into_iter()))
            }
        }
    )*};
}

one_address!(
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16),
);

impl sealed::Addresses for [SocketAddr] {
    type Iter = vec::IntoIter<SocketAddr>;
    type Future = Ready<io::Result<Self::Iter>>;

    fn to_socket_addrs(&self) -> Self::Future {
        ready(Ok(Vec::from(self).into_iter()))
    }
}

/// The texts, each with how it is read.
macro_rules! text {
    ($($text:ty: $read:expr),* $(,)?) => {$(
        impl sealed::Addresses for $text {
            type Iter = OneOrMore;
            type Future = MaybeLookedUp;

            fn to_socket_addrs(&self) -> MaybeLookedUp {
                let read: fn(&Self) -> MaybeLookedUp = $read;
                read(self)
            }
        }
    )*};
}

text!(
    str: |text| MaybeLookedUp::text(text),
    String: |text| MaybeLookedUp::text(text),
    (&str, u16): |(host, port)| MaybeLookedUp::host(host, *port),
    (String, u16): |(host, port)| MaybeLookedUp::host(host, *port),
);
