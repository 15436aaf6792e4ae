//! From bytes to machine code.
//!
//! Compiling runs a large program over bytes that a stranger wrote. First-party components are compiled in this process,
//! all others in a child that has limits of its own ([`Compiler`]), if one is set. Either way what is kept is read again
//! from a folder that only this server writes.

use super::cache::{Cache, machine_code};
use super::child::Compiler;
use parking_lot::Mutex;
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

/// How components become machine code.
pub(super) struct Compilation {
    pub cache: Option<Cache>,
    pub compiler: Option<Compiler>,
    /// One child at a time: the machine has other things to do.
    pub turn: Mutex<()>,
}

/// What machine code depends on; the host and the child that compiles for it must agree.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(super::Limits::STACK);
    config
}

impl Compilation {
    /// Compiles a component that passed the look at its outline, or takes what an earlier start of this server compiled.
    ///
    /// # Errors
    /// It isn't valid, or compiling it took more than it may; in words for the operator.
    pub fn compile(&self, engine: &Engine, bytes: &[u8], digest: &str) -> Result<Component, String> {
        let cache = self.cache.as_ref();
        if let Some(component) = cache.and_then(|c| c.read(engine, digest)) {
            return Ok(component);
        }
        let first_party = super::embedded().iter().any(|(_, embedded)| *embedded == bytes);
        let (component, code) = match &self.compiler {
            Some(compiler) if !first_party => {
                let _turn = self.turn.lock();
                let code = compiler.compile(bytes)?;
                let component = machine_code(engine, &code).map_err(invalid)?;
                (component, code)
            }
            _ => {
                let component = Component::from_binary(engine, bytes).map_err(invalid)?;
                let code = component.serialize().map_err(invalid)?;
                (component, code)
            }
        };
        if let Some(cache) = cache
            && let Err(error) = cache.write(engine, digest, &code)
        {
            tracing::warn!(digest, error = %error, "compiled code isn't kept");
        }
        Ok(component)
    }
}

fn invalid(error: wasmtime::Error) -> String {
    format!("it can't be compiled: {error:#}")
}
