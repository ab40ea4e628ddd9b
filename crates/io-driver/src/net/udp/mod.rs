//! UDP.

/// How the examples in here begin, hidden: `socket` and `peer` are connected to each other.
macro_rules! connected {
    () => {
        "# use filch_io_driver::{Driver, Interest, net::UdpSocket};
# Driver::new()?.block_on(async {
# let socket = UdpSocket::bind(\"127.0.0.1:0\").await?;
# let peer = UdpSocket::bind(\"127.0.0.1:0\").await?;
# socket.connect(peer.local_addr()?).await?;
# peer.connect(socket.local_addr()?).await?;"
    };
}

mod options;
mod peek;
mod socket;

pub use socket::UdpSocket;
