//! Halves that own their connection together.

use super::TcpStream;
use crate::net::methods::owned_halves;
use std::net::SocketAddr;

owned_halves!(TcpStream, SocketAddr, into_split);
super::peek!(OwnedReadHalf, into_split);
