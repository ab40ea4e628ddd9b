//! What the program says when it is asked for help, and when it is asked for nonsense.

mod common;

use common::{run, unwrapped};

#[test]
fn help_explains_every_option_command_row_and_exit_code() {
    let help = run(["--help"]).ended_with(0).stdout;
    let words = [
        "--rows",
        "--workers",
        "--runs",
        "--quick",
        "--limit",
        "--json",
        "--trace",
        "--no-page",
        "--help",
        "--version",
        "[PATH | URL]",
        "--urls",
        "--port",
        "articles",
        "waiting",
        "fan-out",
        "files",
        "fork-join",
        "mixed",
        "blocking",
        "million",
        "asyncio",
        "Node",
        "130",
        "event loop",
        "concurrency",
        "parallel",
        "Exit code",
        "Examples",
    ];
    for word in words {
        assert!(help.contains(word), "--help does not mention {word}:\n{help}");
    }
    let help = run(["articles", "--help"]).ended_with(0).stdout;
    for word in ["--scale", "--workers"] {
        assert!(help.contains(word), "articles --help does not mention {word}:\n{help}");
    }
}

#[test]
fn a_bad_value_is_named_and_ends_with_exit_code_2() {
    for (args, named) in [
        (["--rows", "nonsense"], "nonsense"),
        (["--rows", ""], "--rows"),
        (["--workers", "0"], "--workers"),
        (["--workers", "many"], "many"),
        (["--runs", "0"], "--runs"),
        (["--limit", "-1"], "-1"),
        (["--quick", "--nonsense"], "--nonsense"),
        (["--port", "65536"], "--port"),
        (["--urls", "/nonexistent/list"], "/nonexistent/list"),
        (["--urls", "/dev/null"], "there is no address in it"),
        (["--quick", "https://localhost/"], "plain HTTP only"),
        (["/", "/tmp"], "one path is enough"),
        (["--json", "/nonexistent/directory/file.json"], "/nonexistent/directory/file.json"),
    ] {
        let refused = run(args).ended_with(2);
        assert!(refused.stderr.contains(named), "{args:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{args:?}: nothing is measured");
    }
}

#[test]
fn a_path_that_does_not_exist_is_named_and_ends_with_exit_code_2() {
    let refused = run(["--quick", "/nonexistent/path"]).ended_with(2);
    assert!(
        unwrapped(&refused.stderr).contains("/nonexistent/path does not exist"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.stdout, "", "nothing is measured");
}
