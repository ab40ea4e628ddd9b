//! Halves that borrow their connection.

use super::TcpStream;
use crate::net::methods::borrowed_halves;
use std::net::SocketAddr;

borrowed_halves!(TcpStream, SocketAddr, split);
super::peek!(ReadHalf<'_>, split);
