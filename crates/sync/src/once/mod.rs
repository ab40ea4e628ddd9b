//! Values that are written once.

mod cell;
mod place;
mod set_once;

pub use cell::{OnceCell, SetError};
pub use set_once::{SetOnce, SetOnceError};
