//! Halves that borrow their connection.

use super::{SocketAddr, UnixStream};
use crate::net::methods::borrowed_halves;

borrowed_halves!(UnixStream, SocketAddr, split);
