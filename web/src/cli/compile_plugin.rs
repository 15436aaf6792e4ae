//! `cardea compile-plugin`: what the server starts to compile a component that it doesn't trust. Not for people: it reads
//! the component from standard input and writes machine code to standard output.

use std::process::ExitCode;

#[derive(clap::Args)]
pub struct CompilePlugin {
    /// Processor time, s
    cpu_seconds: u64,
    /// Address space, bytes
    memory_bytes: u64,
}

impl CompilePlugin {
    pub fn run(self) -> ExitCode {
        match cardea_engine::plugin::compile_stdin(self.cpu_seconds, self.memory_bytes) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        }
    }
}
