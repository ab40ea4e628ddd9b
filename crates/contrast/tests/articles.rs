//! The `articles` command, as a user runs it.

mod common;

use common::{run, unwrapped};

#[test]
fn every_program_prints_what_its_original_prints() {
    // Waits too short for a busy machine can reorder a program that takes turns with timers, in Python too.
    let run = ["0.05", "0.2", "1", "4"]
        .into_iter()
        .map(|scale| run(["articles", "--workers", "2", "--scale", scale]))
        .find(|run| run.code == Some(0))
        .expect("with long waits at the latest, all programs print what the originals print");

    let said = unwrapped(&run.stdout);
    assert!(said.contains("13 of 13 programs printed what their originals print"), "{said}");
    assert!(!said.contains("NOT the same"), "{said}");
    for line in ["Some fetched data", "Error fetching data", "{'data': 1}", "Ending foo"] {
        let times = run.stdout.matches(line).count();
        assert!(times >= 3, "the original and both flavours print {line:?}, found {times} times");
    }
    assert!(
        said.contains("The article's output has \"Hi!\" and \"1\" before"),
        "differences are explained"
    );
}

#[test]
fn a_nonsensical_scale_is_refused() {
    for scale in ["0", "-1", "fast", "inf"] {
        let refused = run(["articles", &format!("--scale={scale}")]).ended_with(2);
        assert!(
            refused.stderr.contains("--scale") && refused.stderr.contains("above 0"),
            "{}",
            refused.stderr
        );
    }
}
