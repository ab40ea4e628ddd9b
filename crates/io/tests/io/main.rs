//! How readers and writers behave when the other side is slow, short, broken or gone.

mod auto_traits;
mod buffered;
mod cancel;
#[cfg(feature = "futures-io")]
mod compat;
mod copying;
mod cursor;
mod duplex;
mod end_of_file;
mod errors;
#[cfg(feature = "hyper")]
mod hyper;
mod invalid_utf8;
mod read_buf;
mod script;
mod short_and_pending;
mod splitting;
mod write_zero;
