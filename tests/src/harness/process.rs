//! The server as a process of its own: for signals, settings and the command line. The test binary is its own server
//! binary: with [`MODE`] in its environment it does what `cardea` does, from the same entry point.

use cardea_engine::plugin::Compiler;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Set in the environment of a test binary that shall be `cardea`.
pub const MODE: &str = "RUN_AS_CARDEA";

/// A command line `cardea …` in a folder, with no settings of this machine.
pub fn cardea(folder: &Path, arguments: &[&str]) -> Command {
    let own = std::env::current_exe().expect("the test binary's path");
    let mut command = program(&own, folder, arguments);
    command.env(MODE, "1");
    command
}

/// A program's command line in a folder, without settings from this process's environment.
pub fn program(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARDEA_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What compiles components for a server in this process: the test binary in a process of its own.
pub fn compiler() -> Compiler {
    Compiler {
        environment: vec![(MODE.to_owned(), "1".to_owned())],
        ..Compiler::new(std::env::current_exe().expect("the test binary's path"))
    }
}

/// A running `cardea`, killed if a story ends early.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    pub seen: Vec<String>,
}

impl Process {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the server starts");
        let (sender, lines) = channel();
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ];
        for pipe in pipes.into_iter().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(pipe)
                    .lines()
                    .map_while(Result::ok)
                    .for_each(|line| drop(sender.send(line)));
            });
        }
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of output that contains `text`, and answers it.
    #[track_caller]
    pub fn wait_for_line(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        while let Ok(line) = self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
        panic!("no line with {text:?} in:\n{}", self.seen.join("\n"));
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let sent = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success(), "the server was gone before it was asked to stop");
    }

    /// Ends it without a warning, as SIGKILL does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("its end");
    }

    /// Waits for its end and collects the rest of its output.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        self.wait_at_most(Duration::from_secs(60))
    }

    /// As [`Process::wait`], for what takes its time.
    #[track_caller]
    pub fn wait_at_most(&mut self, time: Duration) -> ExitStatus {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("its status") {
                self.seen.extend(self.lines.iter());
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not stop within {} s:\n{}", time.as_secs(), self.seen.join("\n"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

/// The flags of a server on a free port.
pub const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

/// A running server with the address that it printed.
pub struct Served {
    pub process: Process,
    pub url: String,
}

impl Served {
    /// Waits until it listens.
    #[track_caller]
    pub fn start(command: Command) -> Self {
        let mut process = Process::start(command);
        let line = process.wait_for_line("http://");
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .expect("a URL");
        Self {
            url: url.trim_end_matches(['/', '.', ',']).to_owned(),
            process,
        }
    }

    /// Asks it to stop and waits until it has, cleanly.
    #[track_caller]
    pub fn stop(&mut self) {
        self.process.terminate();
        assert!(self.process.wait().success(), "{}", self.process.seen.join("\n"));
    }
}
