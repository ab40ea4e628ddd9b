//! The programs in other languages, `benches/others`: found, built where they must be, asked what they know.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use tempfile::TempDir;

use crate::process;
use crate::protocol::Listed;
use crate::subject::Subject;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/others");
/// Long enough for the Go compiler with an empty cache.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the toolchains are.
#[derive(Args, Clone, Debug)]
pub struct Toolchains {
    /// The Go toolchain
    #[arg(long, value_name = "PROGRAM", default_value = "go")]
    go: PathBuf,

    /// Node
    #[arg(long, value_name = "PROGRAM", default_value = "node")]
    node: PathBuf,

    /// Python, for asyncio and, where it is installed, uvloop
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Others {
    /// Those who take part.
    pub subjects: Vec<Subject>,
    /// The name of each that does not, and why.
    pub absent: Vec<String>,
    /// Holds what was built for as long as it is needed.
    _built: Option<TempDir>,
}

/// Looks for the languages that `wanted` says yes to.
pub fn find(toolchains: &Toolchains, wanted: impl Fn(&str) -> bool) -> Others {
    let mut others = Others::default();
    let path = |part: &str| OsString::from(Path::new(DIRECTORY).join(part));
    if wanted("go") {
        let found = build_go(&toolchains.go).and_then(|(built, program)| {
            others._built = Some(built);
            ask("go", &program, Vec::new(), &[])
        });
        others.add("go", found);
    }
    if wanted("node") {
        others.add("node", ask("node", &toolchains.node, vec![path("node/main.js")], &[]));
    }
    // -B: no compiled files are left in the sources.
    let script = || vec!["-B".into(), path("asyncio/main.py")];
    if wanted("asyncio") {
        others.add("asyncio", ask("asyncio", &toolchains.python, script(), &[]));
    }
    if wanted("uvloop") {
        others.add("uvloop", ask("uvloop", &toolchains.python, script(), &["--uvloop"]));
    }
    others
}

impl Others {
    fn add(&mut self, name: &str, found: Result<Subject, String>) {
        match found {
            Ok(subject) => self.subjects.push(subject),
            Err(reason) => self.absent.push(format!("{name}: {reason}")),
        }
    }
}

fn build_go(go: &Path) -> Result<(TempDir, PathBuf), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = directory.path().join("others");
    let mut build = Command::new(go);
    build.args(["build", "-o"]).arg(&program).arg(".");
    build.current_dir(Path::new(DIRECTORY).join("go")).env("GOTOOLCHAIN", "local");
    process::run(&mut build, PATIENCE).map_err(|reason| format!("{}: {reason}", go.display()))?;
    Ok((directory, program))
}

fn ask(
    name: &str,
    program: &Path,
    before: Vec<OsString>,
    after: &[&str],
) -> Result<Subject, String> {
    let mut list = Command::new(program);
    list.args(&before).arg("--list").args(after);
    let understood = process::run(&mut list, PATIENCE).and_then(|(printed, _)| {
        serde_json::from_str(&printed).map_err(|error| format!("answers nonsense: {error}"))
    });
    let Listed { version, workloads } =
        understood.map_err(|reason| format!("{}: {reason}", program.display()))?;
    Ok(Subject {
        name: name.to_owned(),
        version,
        program: program.to_owned(),
        before,
        after: after.iter().map(OsString::from).collect(),
        workloads,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_toolchain_is_named_with_the_reason() {
        let nowhere = PathBuf::from("/nonexistent/toolchain");
        let toolchains = Toolchains { go: nowhere.clone(), node: nowhere.clone(), python: nowhere };
        let others = find(&toolchains, |_| true);
        assert!(others.subjects.is_empty());
        for (absent, name) in others.absent.iter().zip(["go", "node", "asyncio", "uvloop"]) {
            assert!(
                absent.starts_with(name) && absent.contains("/nonexistent/toolchain"),
                "{absent}"
            );
        }
        assert_eq!(others.absent.len(), 4);
    }

    #[test]
    fn who_is_not_wanted_is_neither_found_nor_absent() {
        let nowhere = PathBuf::from("/nonexistent/toolchain");
        let toolchains = Toolchains { go: nowhere.clone(), node: nowhere.clone(), python: nowhere };
        let others = find(&toolchains, |_| false);
        assert!(others.subjects.is_empty() && others.absent.is_empty());
    }

    #[test]
    fn a_program_that_answers_nonsense_is_absent() {
        let error = ask("echo", Path::new("echo"), Vec::new(), &[]).expect_err("no JSON");
        assert!(error.contains("nonsense"), "{error}");
    }
}
