//! What must not compile.
//!
//! `select!` without a branch, with something else than branches, with `else` before a branch:
//! ```compile_fail
//! async fn f() {
//!     filch::select! {}
//! }
//! ```
//! ```compile_fail
//! async fn f() {
//!     filch::select! { x = async { 1 } -> x }
//! }
//! ```
//! ```compile_fail
//! async fn f() -> i32 {
//!     filch::select! { else => 0, x = async { 1 } => x }
//! }
//! ```
//!
//! What is not a future; handlers of different types; a result that is none:
//! ```compile_fail,E0277
//! async fn f() {
//!     filch::select! { x = 1 => {} }
//! }
//! ```
//! ```compile_fail,E0308
//! async fn f() {
//!     let x = filch::select! { x = async { 1 } => x, _ = async {} => "two" };
//! }
//! ```
//! ```compile_fail,E0277
//! async fn f() {
//!     filch::join!(1);
//! }
//! ```
//! ```compile_fail,E0308
//! async fn f() {
//!     let _ = filch::try_join!(async { 1 });
//! }
//! ```
//!
//! A future is polled while another branch's has borrowed the same thing:
//! ```compile_fail,E0499
//! async fn f(x: &mut Vec<u8>) {
//!     filch::select! { _ = async { x.push(1) } => {}, _ = async { x.push(2) } => {} }
//! }
//! ```
//!
//! Attributes on what is not an `async fn`, and with what no runtime can be built from (the words
//! are tested where they are written, in `filch-macros`):
//! ```compile_fail
//! #[filch::main]
//! fn main() {}
//! ```
//! ```compile_fail
//! #[filch::main(worker_threads = 0)]
//! async fn main() {}
//! ```
//! ```compile_fail
//! #[filch::main(flavor = "current_thread", worker_threads = 2)]
//! async fn main() {}
//! ```
//! ```compile_fail,E0131
//! #[filch::main]
//! async fn main<T>() {}
//! ```
//! ```compile_fail,E0308
//! #[filch::main]
//! async fn main() -> Result<(), String> {}
//! ```
