//! The `cardea` binary: everything is in the library, so that tests and benchmarks run the same code.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cardea::cli::run()
}
