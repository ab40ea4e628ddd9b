//! What to run, and how.

use crate::child::Child;
use filch_io_driver::DriverHandle;
use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, ExitStatus, Output, Stdio};

/// Builds a process; the names and defaults are those of [`std::process::Command`].
///
/// ```
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let status = filch_process::Command::new("sh").args(["-c", "exit 3"]).status().await?;
/// assert_eq!(status.code(), Some(3));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Command {
    std: process::Command,
    kill_on_drop: bool,
}

impl Command {
    /// To run `program`, which is looked for in `PATH` unless it has a slash in it.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// assert!(Command::new("true").status().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new<S: AsRef<OsStr>>(program: S) -> Self {
        process::Command::new(program).into()
    }

    /// The command as std knows it.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let command = Command::new("true");
    /// assert_eq!(command.as_std().get_program(), "true");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn as_std(&self) -> &process::Command {
        &self.std
    }

    /// The command as std knows it, to be changed.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.as_std_mut().args(["-c", "exit 3"]);
    /// assert_eq!(command.status().await?.code(), Some(3));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn as_std_mut(&mut self) -> &mut process::Command {
        &mut self.std
    }

    /// Gives the command to std.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// assert!(Command::new("true").into_std().status()?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn into_std(self) -> process::Command {
        self.std
    }

    /// Adds an argument.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let output = Command::new("echo").arg("one argument").output().await?;
    /// assert_eq!(output.stdout, b"one argument\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn arg<S: AsRef<OsStr>>(&mut self, arg: S) -> &mut Self {
        self.std.arg(arg);
        self
    }

    /// Adds arguments.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let output = Command::new("echo").args(["two", "arguments"]).output().await?;
    /// assert_eq!(output.stdout, b"two arguments\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn args<I, S>(&mut self, args: I) -> &mut Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.std.args(args);
        self
    }

    /// Sets a variable of the environment.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $COLOUR"]).env("COLOUR", "red");
    /// assert_eq!(command.output().await?.stdout, b"red\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn env<K, V>(&mut self, key: K, value: V) -> &mut Self
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.env(key, value);
        self
    }

    /// Sets variables of the environment.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $COLOUR $SIZE"]).envs([("COLOUR", "red"), ("SIZE", "large")]);
    /// assert_eq!(command.output().await?.stdout, b"red large\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn envs<I, K, V>(&mut self, vars: I) -> &mut Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.std.envs(vars);
        self
    }

    /// Takes a variable out of the environment.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $COLOUR"]).env("COLOUR", "red").env_remove("COLOUR");
    /// assert_eq!(command.output().await?.stdout, b"\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn env_remove<K: AsRef<OsStr>>(&mut self, key: K) -> &mut Self {
        self.std.env_remove(key);
        self
    }

    /// Inherits nothing of this process's environment, and forgets what was set.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "echo $COLOUR"]).env("COLOUR", "red").env_clear();
    /// assert_eq!(command.output().await?.stdout, b"\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn env_clear(&mut self) -> &mut Self {
        self.std.env_clear();
        self
    }

    /// Runs it in a directory.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.args(["-c", "pwd"]).current_dir("/");
    /// assert_eq!(command.output().await?.stdout, b"/\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn current_dir<P: AsRef<Path>>(&mut self, dir: P) -> &mut Self {
        self.std.current_dir(dir);
        self
    }

    /// What its standard input is: inherited unless chosen.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// use std::process::Stdio;
    /// let mut child = Command::new("cat").stdin(Stdio::null()).spawn()?;
    /// assert!(child.stdin.is_none());
    /// child.wait().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn stdin<T: Into<Stdio>>(&mut self, stream: T) -> &mut Self {
        self.std.stdin(stream);
        self
    }

    /// What its standard output is: inherited unless chosen, for which [`output`](Self::output) chooses a pipe.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// use std::process::Stdio;
    /// let mut child = Command::new("true").stdout(Stdio::piped()).spawn()?;
    /// assert!(child.stdout.is_some());
    /// child.wait().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn stdout<T: Into<Stdio>>(&mut self, stream: T) -> &mut Self {
        self.std.stdout(stream);
        self
    }

    /// What its standard error stream is: inherited unless chosen, for which [`output`](Self::output) chooses a pipe.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// use std::process::Stdio;
    /// let mut child = Command::new("true").stderr(Stdio::piped()).spawn()?;
    /// assert!(child.stderr.is_some());
    /// child.wait().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn stderr<T: Into<Stdio>>(&mut self, stream: T) -> &mut Self {
        self.std.stderr(stream);
        self
    }

    /// Whether the process is killed when its [`Child`] is dropped before it has ended. If not, which is
    /// the default, it runs on. It is reaped either way.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let child = Command::new("sleep").arg("1000").kill_on_drop(true).spawn()?;
    /// drop(child);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn kill_on_drop(&mut self, kill_on_drop: bool) -> &mut Self {
        self.kill_on_drop = kill_on_drop;
        self
    }

    /// Whether the process is killed when its [`Child`] is dropped.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// assert!(!Command::new("true").get_kill_on_drop());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn get_kill_on_drop(&self) -> bool {
        self.kill_on_drop
    }

    /// The user to run it as; that takes a privilege.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let me = rustix::process::getuid().as_raw();
    /// assert!(Command::new("true").uid(me).status().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn uid(&mut self, id: u32) -> &mut Self {
        self.std.uid(id);
        self
    }

    /// The group to run it as; that takes a privilege.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mine = rustix::process::getgid().as_raw();
    /// assert!(Command::new("true").gid(mine).status().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn gid(&mut self, id: u32) -> &mut Self {
        self.std.gid(id);
        self
    }

    /// What the process is told that it is called.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("sh");
    /// command.arg0("lucy").args(["-c", "echo $0"]);
    /// assert_eq!(command.output().await?.stdout, b"lucy\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn arg0<S: AsRef<OsStr>>(&mut self, name: S) -> &mut Self {
        self.std.arg0(name);
        self
    }

    /// The process group to run it in; 0 is one of its own, so that a terminal's signals do not reach it.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut child = Command::new("true").process_group(0).spawn()?;
    /// assert!(child.wait().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn process_group(&mut self, group: i32) -> &mut Self {
        self.std.process_group(group);
        self
    }

    /// Has `f` called in the child, before the program takes its place.
    ///
    /// # Safety
    /// The child is a copy of one thread of this process, and whatever the others held locked stays so:
    /// `f` must neither allocate nor lock. See [`CommandExt::pre_exec`].
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// # use filch_process::Command;
    /// let mut command = Command::new("true");
    /// // SAFETY: one system call.
    /// unsafe { command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?)) };
    /// assert!(command.status().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub unsafe fn pre_exec<F>(&mut self, f: F) -> &mut Self
    where
        F: FnMut() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY: the caller's word is what std asks for.
        unsafe { self.std.pre_exec(f) };
        self
    }

    /// Starts the process.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such program; otherwise what the operating
    /// system says, of descriptors for example. No process is left behind then.
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let error = filch_process::Command::new("no such program").spawn().unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.spawn_with(process::Command::spawn)
    }

    /// As [`spawn`](Self::spawn), by a function of the caller's.
    ///
    /// # Errors
    /// Those of the function; and as [`spawn`](Self::spawn).
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut command = filch_process::Command::new("true");
    /// let mut child = command.spawn_with(|command| command.env_clear().spawn())?;
    /// # child.wait().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_with(
        &mut self,
        spawn: impl FnOnce(&mut process::Command) -> io::Result<process::Child>,
    ) -> io::Result<Child> {
        // Before there is a process that nobody could watch.
        let _there_is_one = DriverHandle::current();
        Child::new(spawn(&mut self.std)?, self.kill_on_drop)
    }

    /// Starts the process at once, and waits until it has ended. Streams that are piped are closed.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn) and [`Child::wait`].
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    ///
    /// # Cancel safety
    /// Cancelled, the child is dropped.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// assert!(filch_process::Command::new("true").status().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let child = self.spawn();
        async {
            let mut child = child?;
            drop(child.stdin.take());
            drop(child.stdout.take());
            drop(child.stderr.take());
            child.wait().await
        }
    }

    /// Starts the process at once, with both output streams piped, reads them and waits until it has ended.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn) and [`Child::wait_with_output`].
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    ///
    /// # Cancel safety
    /// Cancelled, the child is dropped.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let output = filch_process::Command::new("echo").arg("hello").output().await?;
    /// assert_eq!(output.stdout, b"hello\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        self.std.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.spawn();
        async { child?.wait_with_output().await }
    }
}

impl From<process::Command> for Command {
    fn from(std: process::Command) -> Self {
        Self { std, kill_on_drop: false }
    }
}
