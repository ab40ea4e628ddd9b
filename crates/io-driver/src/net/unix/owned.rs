//! Halves that own their connection together.

use super::{SocketAddr, UnixStream};
use crate::net::methods::owned_halves;

owned_halves!(UnixStream, SocketAddr, into_split);
