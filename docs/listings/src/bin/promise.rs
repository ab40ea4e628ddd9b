//! The first program of the articles.

use filch::promise::Promise;
use filch::time::{Duration, set_timeout};

#[filch::main(flavor = "current_thread")]
async fn main() {
    let prom = Promise::<&str, &str>::new(|resolver| {
        set_timeout(Duration::from_millis(20), move || {
            let success = true;
            if success {
                resolver.resolve("Some fetched data");
            } else {
                resolver.reject("Error fetching data");
            }
        });
    });
    println!("Yay, let's execute the promise!");
    let printed = prom.then(|result| println!("{result}")).catch(|error| println!("{error}"));
    println!("Fetching data...");

    // A JavaScript program lives until nothing is pending; ours until main ends.
    printed.await.expect("both cases are handled");
}
