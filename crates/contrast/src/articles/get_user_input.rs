//! An asynchronous function returns a promise at once, long before its value is there.

use super::javascript::{Promise, set_timeout};
use super::{LIKE_A_PRO, Mended, Program, Script};

const BEFORE_THE_INPUT: [&str; 5] = [
    "Let's start getting the user input!",
    "See, I can run while getUserInput() waits for the user input!",
    "In fact, I can even display a loading screen!",
    "This is what userInput really is during the pause break:[object Promise]",
    "Got the User Input!",
];

const fn and_then(last: &'static str) -> [&'static str; 6] {
    let [a, b, c, d, e] = BEFORE_THE_INPUT;
    [a, b, c, d, e, last]
}

pub const PROGRAM: Program = Program {
    name: "get_user_input",
    article: LIKE_A_PRO,
    shows: "an async function returns a promise at once; the caller goes on",
    note: "The article's userInput is what setTimeout returns, the timer: Node prints the timer's \
           number where the article shows \"Steve Jobs\". The port does what the article means: \
           the timer resolves a promise with the input. In Rust an async function does nothing \
           until it is awaited or spawned, so the port's getUserInput is a plain function that \
           returns a promise.",
    original: "get_user_input.js",
    original_prints: &and_then("Our user's input is <the timer's number>!"),
    mended: Some(Mended {
        original: "get_user_input_mended.js",
        prints: &and_then("Our user's input is Steve Jobs!"),
    }),
    main: |script| Box::pin(main(script)),
};

fn get_user_input(script: &Script) -> Promise<&'static str> {
    script.print("Let's start getting the user input!");
    Promise::new(|settle| set_timeout(script, 2.0, move || settle.resolve("Steve Jobs")))
}

async fn main(script: Script) {
    let user_input = get_user_input(&script);
    script.print("See, I can run while getUserInput() waits for the user input!");
    script.print("In fact, I can even display a loading screen!");
    script.print(format!("This is what userInput really is during the pause break:{user_input}"));

    let (got, failed) = (script.clone(), script.clone());
    let input = user_input.then_catch(
        &script,
        move |user_input| {
            got.print("Got the User Input!");
            got.print(format!("Our user's input is {user_input}!"));
        },
        move |error| failed.print(format!("Oh, crap! We faced an error: {error}")),
    );
    input.await.expect("the callbacks do not panic");
}
