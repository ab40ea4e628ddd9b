//! What is generated, and which mistakes are reported where.

use super::{Entry, expand};
use proc_macro2::TokenStream;
use quote::quote;
use std::str::FromStr;
use syn::{File, Item, ItemFn, Macro};

fn parse(entry: Entry, args: &str, item: &str) -> (Vec<Macro>, Vec<ItemFn>) {
    let tokens = |text| TokenStream::from_str(text).expect("test input");
    let file = expand(entry, tokens(args), tokens(item));
    let file: File = syn::parse2(file).expect("items come out");
    let (mut errors, mut functions) = (Vec::new(), Vec::new());
    for item in file.items {
        match item {
            Item::Macro(error) => errors.push(error.mac),
            Item::Fn(function) => functions.push(function),
            other => panic!("neither an error nor a function: {}", quote!(#other)),
        }
    }
    (errors, functions)
}

/// The function that comes out of correct input, as text.
fn generated(entry: Entry, args: &str, item: &str) -> String {
    let (errors, functions) = parse(entry, args, item);
    assert!(errors.is_empty(), "{}", errors[0].tokens);
    let [function] = &functions[..] else { panic!("{} functions", functions.len()) };
    assert!(function.sig.asyncness.is_none());
    quote!(#function).to_string()
}

/// Every error: what it says, and the first word of the source text that it points at.
fn errors(entry: Entry, args: &str, item: &str) -> Vec<(String, String)> {
    let (errors, functions) = parse(entry, args, item);
    assert_eq!(functions.len(), 1, "the function is kept for the editor");
    let told = |error: Macro| {
        let span = error.path.segments[0].ident.span();
        let message: syn::LitStr = syn::parse2(error.tokens).expect("compile_error!(\"...\")");
        (message.value(), span.source_text().unwrap_or_default())
    };
    errors.into_iter().map(told).collect()
}

#[track_caller]
fn has_error(entry: Entry, args: &str, item: &str, message: &str, at: &str) {
    let errors = errors(entry, args, item);
    let [(said, pointed_at)] = &errors[..] else { panic!("not one error: {errors:?}") };
    assert!(said.contains(message), "{said:?}");
    assert_eq!(pointed_at, at);
}

const MAIN: &str = "async fn main() {}";

#[test]
fn main_has_many_threads_and_test_has_one() {
    assert!(generated(Entry::Main, "", MAIN).contains("new_multi_thread ()"));
    let test = generated(Entry::Test, "", "async fn t() {}");
    assert!(test.contains("new_current_thread ()"));
    assert!(test.contains("# [:: core :: prelude :: v1 :: test]"));
    let flavor = "flavor = \"current_thread\"";
    assert!(generated(Entry::Main, flavor, MAIN).contains("new_current_thread ()"));
}

#[test]
fn arguments_reach_the_builder() {
    let args = "flavor = \"multi_thread\", worker_threads = 3, crate = \"a::b\",";
    let text = generated(Entry::Test, args, MAIN);
    assert!(text.contains("a :: b :: runtime :: Builder :: new_multi_thread"), "{text}");
    assert!(text.contains("worker_threads (3usize)"), "{text}");
    let paused = generated(Entry::Test, "start_paused = true", MAIN);
    assert!(paused.contains(". start_paused (true)"), "{paused}");
    assert!(!generated(Entry::Test, "start_paused = false", MAIN).contains("start_paused"));
    assert!(generated(Entry::Main, "crate = a::b", MAIN).contains("= a :: b :: runtime"));
}

#[test]
fn the_signature_and_the_attributes_stay() {
    let item = "/// Says.\n#[ignore] pub(crate) async fn say<T: Copy>(text: &str) -> Result<T, ()> \
                where T: Send { todo(text).await }";
    let text = generated(Entry::Main, "", item);
    for kept in [
        "# [doc = \" Says.\"]",
        "# [ignore]",
        "pub (crate) fn say < T : Copy > (text : & str) -> Result < T , () > where T : Send",
        "= async { todo (text) . await } ;",
    ] {
        assert!(text.contains(kept), "{kept} is not in {text}");
    }
}

#[test]
fn a_body_that_needs_nothing_from_outside_is_a_function_that_says_what_it_returns() {
    let text = generated(Entry::Main, "", "async fn main() -> Option<impl Sized> { Some(1) }");
    let body = "async fn __filch_body () -> Option < impl Sized > { Some (1) }";
    assert!(text.contains(body), "{text}");
    let text = generated(Entry::Test, "", "async fn t() { if let Some(()) = Self::f() {} }");
    assert!(text.contains("= async { if let"), "{text}");
}

#[test]
fn what_is_no_async_function_is_refused() {
    let message = "needs an `async fn`: write `async` before `fn`";
    has_error(Entry::Main, "", "fn main() {}", message, "fn");
    let tokens = expand(
        Entry::Main,
        quote!(),
        quote!(
            struct Main;
        ),
    );
    let file: File = syn::parse2(tokens).expect("items come out");
    assert_eq!(file.items.len(), 2, "the error, and the item as it was");
}

#[test]
fn main_takes_no_arguments_but_other_functions_do() {
    let item = "async fn main(argc: i32, argv: u8) {}";
    has_error(Entry::Main, "", item, "`main` takes no arguments", "argc");
    generated(Entry::Main, "", "async fn run(argc: i32) {}");
}

#[test]
fn a_second_test_attribute_is_refused() {
    let item = "#[test] async fn t() {}";
    has_error(Entry::Test, "", item, "it would run twice", "#");
}

#[test]
fn mistakes_in_arguments_are_reported_where_they_stand() {
    for (args, message, at) in [
        ("flavor = \"fast\"", "unknown flavor `fast`, expected \"multi_thread\"", "\"fast\""),
        ("flavor = fast", "expected \"multi_thread\" or \"current_thread\"", "fast"),
        ("flavor", "`flavor` needs a value", "flavor"),
        ("multi_thread", "write `#[filch::main(flavor = \"multi_thread\")]`", "multi_thread"),
        ("worker_threads = 0", "at least 1 worker thread", "0"),
        ("worker_threads = \"2\"", "expected a number of threads", "\"2\""),
        ("worker_threads = 2, worker_threads = 3", "set twice", "worker_threads"),
        ("start_paused = 1", "expected `true` or `false`", "1"),
        ("start_paused", "`start_paused` needs a value", "start_paused"),
        ("threads = 2", "unknown argument `threads`, expected one of", "threads"),
        ("threads", "unknown argument `threads`, expected one of", "threads"),
        ("crate = 7", "expected the path of the crate", "7"),
        ("7", "expected one of `flavor`", "7"),
    ] {
        has_error(Entry::Main, args, MAIN, message, at);
    }
}

#[test]
fn worker_threads_need_workers() {
    let args = "flavor = \"current_thread\", worker_threads = 2";
    has_error(Entry::Main, args, MAIN, "has no worker threads", "worker_threads");
    has_error(
        Entry::Test,
        "worker_threads = 2",
        MAIN,
        "write `#[filch::test(flavor",
        "worker_threads",
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let args = "flavor = \"fast\", worker_threads = 0, speed = 9";
    assert_eq!(errors(Entry::Main, args, "async fn main(x: u8) {}").len(), 4);
}
