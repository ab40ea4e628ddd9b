//! What the programs of this package have in common, to be copied with them.
//!
//! | file | what |
//! |---|---|
//! | `service.rs` | listening, accepting, and stopping when told to |
//! | `http.rs` | HTTP/1.1 on one connection, with hyper; bodies |
//! | `client.rs` | one request to a server |
//! | `bin/` | the programs; each header says which question it answers |

#![forbid(unsafe_code)]

pub mod client;
pub mod http;
pub mod service;

use std::fmt;

/// Any error that may go to another task.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Why a program ends without having done its work. As the error of `main` it is printed as it reads, and
/// the exit code is 1.
pub struct Failure(String);

impl Failure {
    /// A failure in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What `main` prints: the words, without quotation marks.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
