//! `#[filch::main]` and `#[filch::test]`: what becomes of functions of every shape.

use filch::runtime::{Handle, RuntimeFlavor};
use std::error::Error;
use std::process::{ExitCode, Termination};

#[filch::test]
async fn a_test_has_one_thread_unless_told_otherwise() {
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread);
}

#[filch::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_can_have_workers() {
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread);
    assert_eq!(filch::spawn(async { 1 }).await.unwrap(), 1);
}

#[filch::test]
async fn a_test_may_return_a_result() -> Result<(), Box<dyn Error>> {
    let n: i32 = filch::spawn(async { "7" }).await?.parse()?;
    assert_eq!(n, 7);
    Ok(())
}

#[filch::test]
#[should_panic = "on purpose"]
async fn a_test_may_be_expected_to_panic() {
    filch::task::yield_now().await;
    panic!("on purpose");
}

#[filch::test]
#[ignore = "shows that the attribute stays"]
async fn a_test_may_be_ignored() {
    panic!("it was not");
}

#[filch::main]
async fn main_with_workers() -> RuntimeFlavor {
    Handle::current().runtime_flavor()
}

#[filch::main(flavor = "current_thread")]
async fn main_with_one_thread() -> RuntimeFlavor {
    if Handle::current().metrics().num_workers() < 9 {
        return Handle::current().runtime_flavor();
    }
    unreachable!()
}

#[filch::main(flavor = "multi_thread", worker_threads = 3, crate = "filch")]
async fn main_with_three_workers() -> usize {
    Handle::current().metrics().num_workers()
}

#[test]
fn every_call_has_the_runtime_that_the_arguments_ask_for() {
    assert_eq!(main_with_workers(), RuntimeFlavor::MultiThread);
    assert_eq!(main_with_one_thread(), RuntimeFlavor::CurrentThread);
    assert_eq!(main_with_three_workers(), 3);
}

#[filch::main(flavor = "current_thread")]
async fn terminates() -> impl Termination {
    ExitCode::from(7)
}

#[filch::main(flavor = "current_thread")]
async fn fails() -> Result<u8, Box<dyn Error + Send + Sync>> {
    Err("as it should")?;
    Ok(1)
}

#[filch::main(flavor = "current_thread")]
async fn coerces() -> Result<Box<dyn Fn() -> u8>, Box<dyn Error>> {
    if "7".parse::<u8>()? == 8 {
        return Err(Box::new(std::fmt::Error));
    }
    Ok(Box::new(|| 7))
}

#[filch::main(flavor = "current_thread")]
async fn never_returns(out: &str) -> ! {
    panic!("{out}")
}

#[test]
fn return_types_stay() {
    let _: ExitCode = terminates().report();
    assert_eq!(fails().unwrap_err().to_string(), "as it should");
    assert_eq!(coerces().unwrap()(), 7);
    assert!(std::panic::catch_unwind(|| never_returns("out")).is_err());
}

/// Has arguments of every kind, and names that the generated code uses too.
#[filch::main(flavor = "current_thread")]
async fn takes<T: Clone>(runtime: &T, body: Vec<T>, mut sum: usize) -> (T, usize) {
    sum += body.len();
    filch::task::yield_now().await;
    drop(body);
    (runtime.clone(), sum)
}

struct Program {
    name: String,
}

impl Program {
    #[filch::main(flavor = "current_thread")]
    async fn run(&mut self) -> &str {
        self.name.push('!');
        &self.name
    }

    #[filch::main(flavor = "current_thread")]
    async fn new() -> Self {
        Self { name: "go".into() }
    }
}

#[test]
fn other_functions_than_main_take_arguments() {
    assert_eq!(takes(&"x", vec!["y", "z"], 1), ("x", 3));
    assert_eq!(Program::new().run(), "go!");
}
