//! Compiling in a process of its own, under limits that hold whatever the compiler does.

use super::compile;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// The hidden subcommand of `cardea` that calls [`compile_stdin`].
pub const SUBCOMMAND: &str = "compile-plugin";
/// Neither a component nor its machine code is larger, bytes.
const LARGEST: u64 = 64 << 20;
/// How much of a child's complaint is kept, bytes.
const COMPLAINT: u64 = 2 << 10;
/// How often a child is looked after.
const LOOK: Duration = Duration::from_millis(5);

/// Who compiles components that aren't first-party.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// An executable that does what `cardea` does.
    pub program: PathBuf,
    /// All that the child finds in its environment; nothing by default.
    pub environment: Vec<(String, String)>,
    pub limits: CompilerLimits,
}

/// What compiling one component may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompilerLimits {
    /// Time of the processor, s. Default 10. On Unix only.
    pub cpu_seconds: u64,
    /// Address space, bytes. Default 1 GiB. On Unix only.
    pub memory_bytes: u64,
    /// Time from beginning to end. Default 30 s.
    pub wall: Duration,
}

impl Default for CompilerLimits {
    fn default() -> Self {
        Self {
            cpu_seconds: 10,
            memory_bytes: 1 << 30,
            wall: Duration::from_secs(30),
        }
    }
}

impl Compiler {
    /// With the default limits and an empty environment.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            environment: Vec::new(),
            limits: CompilerLimits::default(),
        }
    }

    /// The machine code of a component.
    pub(super) fn compile(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let begun = Instant::now();
        let failed = |error: std::io::Error| format!("the compiler can't be started: {error}");
        let mut child = self.command().spawn().map_err(failed)?;
        let ended = attend(&mut child, bytes.to_vec(), begun + self.limits.wall);
        if ended.is_err() {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
        }
        let (status, code, complaint) =
            ended.map_err(|()| format!("compiling it takes more than {} s", self.limits.wall.as_secs_f32()))?;
        if status.success() {
            tracing::info!(milliseconds = begun.elapsed().as_millis() as u64, "component compiled");
            return Ok(code);
        }
        Err(self.reason(status, complaint.trim()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let limits = [self.limits.cpu_seconds, self.limits.memory_bytes].map(|limit| limit.to_string());
        command.arg(SUBCOMMAND).args(limits).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn reason(&self, status: ExitStatus, complaint: &str) -> String {
        let CompilerLimits {
            cpu_seconds,
            memory_bytes,
            ..
        } = self.limits;
        #[cfg(unix)]
        match std::os::unix::process::ExitStatusExt::signal(&status) {
            // SIGXCPU, and SIGKILL where that is not enough.
            Some(9 | 24) => return format!("compiling it takes more than {cpu_seconds} s of processor time"),
            // An allocation that failed aborts; an access to memory that isn't there ends in one of the others.
            Some(6 | 7 | 11) => {
                return format!(
                    "compiling it takes more than {} MiB of memory: {complaint}",
                    memory_bytes >> 20
                );
            }
            _ => {}
        }
        match complaint {
            "" => format!("the compiler ended with {status}, under {cpu_seconds} s and {memory_bytes} bytes"),
            complaint => complaint.to_owned(),
        }
    }
}

/// Feeds the child and waits for its end: how it ended, what it wrote, what it complained about.
fn attend(child: &mut Child, bytes: Vec<u8>, deadline: Instant) -> Result<(ExitStatus, Vec<u8>, String), ()> {
    if let Some(mut stdin) = child.stdin.take() {
        // A child that doesn't listen says why on its own.
        thread::spawn(move || drop(stdin.write_all(&bytes)));
    }
    let code = child.stdout.take().map(|pipe| collect(pipe, LARGEST));
    let complaint = child.stderr.take().map(|pipe| collect(pipe, COMPLAINT));
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            _ => return Err(()),
        }
    };
    let written = |pipe: Option<Receiver<Vec<u8>>>| pipe.and_then(|pipe| pipe.recv().ok()).unwrap_or_default();
    let complaint = String::from_utf8_lossy(&written(complaint)).into_owned();
    Ok((status, written(code), complaint))
}

/// Reads a pipe to its end; what is above `most` bytes is dropped.
fn collect(mut pipe: impl Read + Send + 'static, most: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut read = Vec::new();
        let whole = pipe.by_ref().take(most).read_to_end(&mut read);
        drop(whole.and_then(|_| std::io::copy(&mut pipe, &mut std::io::sink())));
        sender.send(read).ok();
    });
    receiver
}

/// The child's side: takes a component from standard input, gives its machine code to standard output, and uses no
/// more than these limits (s, bytes) on the way.
///
/// # Errors
/// Limits that can't be set, input that can't be read; why the component can't be compiled.
pub fn compile_stdin(cpu_seconds: u64, memory_bytes: u64) -> anyhow::Result<()> {
    limit(cpu_seconds, memory_bytes)?;
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LARGEST).read_to_end(&mut bytes)?;
    let mut config = compile::config();
    // Threads would need memory of their own each.
    config.parallel_compilation(false);
    let code = Engine::new(&config).and_then(|engine| engine.precompile_component(&bytes));
    let code = code.map_err(|e| anyhow::anyhow!("it can't be compiled: {e:#}"))?;
    std::io::stdout().lock().write_all(&code)?;
    Ok(())
}

#[cfg(unix)]
fn limit(cpu_seconds: u64, memory_bytes: u64) -> std::io::Result<()> {
    use rlimit::Resource;
    // Nothing is written but the pipe, and nothing is left for others to look at.
    Resource::CORE.set(0, 0)?;
    Resource::FSIZE.set(0, 0)?;
    Resource::AS.set(memory_bytes, memory_bytes)?;
    Resource::CPU.set(cpu_seconds, cpu_seconds + 1)
}

#[cfg(not(unix))]
fn limit(_: u64, _: u64) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_finds_nothing_in_its_environment_but_what_is_set() {
        let mut compiler = Compiler::new("/bin/compiler".into());
        compiler.environment.push(("ONLY".to_owned(), "this".to_owned()));
        let line = format!("{:?}", compiler.command());
        let expected = r#"env -i ONLY="this" "/bin/compiler" "compile-plugin" "10" "1073741824""#;
        assert_eq!(line, expected);
    }

    #[test]
    fn no_child_writes_without_end() {
        let endless = std::io::repeat(7).take(10_000);
        assert_eq!(collect(endless, 100).recv().map(|read| read.len()), Ok(100));
    }
}
