//! One trace of all cells: each cell is a process that writes a part, and the parts are put together.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;
use tempfile::TempDir;

/// Where the cells write to, until everything is measured.
#[derive(Debug)]
pub struct TraceParts {
    directory: TempDir,
    parts: usize,
}

/// What of a part goes on.
#[derive(Deserialize)]
struct Part<'p> {
    #[serde(borrow, rename = "traceEvents")]
    events: Vec<&'p RawValue>,
}

impl TraceParts {
    /// Nothing is recorded yet.
    ///
    /// # Errors
    /// When there is no room for temporary files, with the operating system's reason.
    pub fn new() -> io::Result<Self> {
        Ok(Self { directory: TempDir::with_prefix("filch-contrast-")?, parts: 0 })
    }

    /// Where the next cell may write its part.
    pub fn next(&mut self) -> PathBuf {
        self.parts += 1;
        self.path(self.parts)
    }

    fn path(&self, part: usize) -> PathBuf {
        self.directory.path().join(format!("{part}.json"))
    }

    /// Writes the parts that there are, as one trace.
    ///
    /// # Errors
    /// When a part cannot be read or the trace cannot be written, with the reason.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let mut into = BufWriter::new(File::create(file)?);
        into.write_all(b"{\"traceEvents\":[")?;
        let mut is_first = true;
        for part in 1..=self.parts {
            // Work that does not run on Filch writes none.
            let text = match fs::read_to_string(self.path(part)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                text => text?,
            };
            for event in serde_json::from_str::<Part<'_>>(&text)?.events {
                into.write_all(if is_first { b"\n" } else { b",\n" })?;
                into.write_all(event.get().as_bytes())?;
                is_first = false;
            }
        }
        into.write_all(b"\n],\"displayTimeUnit\":\"ms\"}\n")?;
        into.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_of_all_parts_are_in_one_trace() {
        let mut parts = TraceParts::new().expect("a temporary directory");
        let file = parts.directory.path().join("trace.json");
        let [first, _, third] = [parts.next(), parts.next(), parts.next()];
        fs::write(first, r#"{"traceEvents":[{"pid":1},{"pid":2}]}"#).expect("can be written");
        fs::write(third, r#"{"traceEvents":[{"pid":3}],"displayTimeUnit":"ms"}"#)
            .expect("can be written");
        parts.write(&file).expect("can be written");
        let trace: serde_json::Value =
            serde_json::from_slice(&fs::read(&file).expect("was written")).expect("is JSON");
        let events = trace["traceEvents"].as_array().expect("a list");
        assert_eq!(
            events.iter().map(|event| event["pid"].as_u64()).collect::<Vec<_>>(),
            [Some(1), Some(2), Some(3)]
        );
    }
}
