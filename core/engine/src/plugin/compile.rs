//! From bytes to machine code: what may be compiled, the one function that compiles, and what it left behind.
//!
//! Compiling runs a large program over bytes that a stranger wrote. [`compile`] is the only place where that happens,
//! so that a child process with limits of its own can take its place for components that aren't first-party.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Sections are walked only this deep: a plugin has no reason to nest components.
const DEPTH: u32 = 4;
const MODULES: u32 = 16;
const FUNCTIONS: u64 = 20_000;
/// Cranelift's time grows faster than a function's size.
const FUNCTION_BYTES: u64 = 256 << 10;

const PREAMBLE_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const PREAMBLE_MODULE: &[u8] = b"\0asm\x01\0\0\0";
const SECTION_CORE_MODULE: u8 = 1;
const SECTION_COMPONENT: u8 = 4;
const SECTION_CODE: u8 = 10;

/// A look at the outline of a component, before anything is compiled.
pub(super) fn check_structure(bytes: &[u8], component_bytes: usize) -> Result<(), String> {
    if bytes.len() > component_bytes {
        return Err(format!("{} bytes, at most {component_bytes} are allowed", bytes.len()));
    }
    if bytes.starts_with(PREAMBLE_MODULE) {
        return Err("a core module, not a component: run cardea-pack over it".to_owned());
    }
    let mut outline = Outline::default();
    outline.component(bytes, 0)
}

#[derive(Default)]
struct Outline {
    modules: u32,
    functions: u64,
}

impl Outline {
    fn component(&mut self, bytes: &[u8], depth: u32) -> Result<(), String> {
        let body = bytes
            .strip_prefix(PREAMBLE_COMPONENT)
            .ok_or("not a WebAssembly component")?;
        if depth >= DEPTH {
            return Err(format!("components are nested more than {DEPTH} deep"));
        }
        let mut reader = Reader(body);
        while let Some((id, section)) = reader.section()? {
            match id {
                SECTION_CORE_MODULE => self.module(section)?,
                SECTION_COMPONENT => self.component(section, depth + 1)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn module(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.modules += 1;
        if self.modules > MODULES {
            return Err(format!("more than {MODULES} core modules"));
        }
        let mut reader = Reader(bytes.strip_prefix(PREAMBLE_MODULE).ok_or("a core module is damaged")?);
        while let Some((id, section)) = reader.section()? {
            if id == SECTION_CODE {
                self.code(section)?;
            }
        }
        Ok(())
    }

    fn code(&mut self, section: &[u8]) -> Result<(), String> {
        let mut reader = Reader(section);
        let count = reader.number()?;
        self.functions = self.functions.saturating_add(count);
        if self.functions > FUNCTIONS {
            return Err(format!("more than {FUNCTIONS} functions"));
        }
        for _ in 0..count {
            let size = reader.number()?;
            if size > FUNCTION_BYTES {
                return Err(format!(
                    "a function of {size} bytes, at most {FUNCTION_BYTES} are allowed"
                ));
            }
            reader.take(size)?;
        }
        Ok(())
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn section(&mut self) -> Result<Option<(u8, &'a [u8])>, String> {
        let Some((id, rest)) = self.0.split_first() else {
            return Ok(None);
        };
        self.0 = rest;
        let size = self.number()?;
        Ok(Some((*id, self.take(size)?)))
    }

    /// An unsigned LEB128 number of at most 32 bits.
    fn number(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or("it ends too early")?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number is too long".to_owned())
    }

    fn take(&mut self, size: u64) -> Result<&'a [u8], String> {
        let size = usize::try_from(size).map_err(|e| e.to_string())?;
        let (taken, rest) = self.0.split_at_checked(size).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Compiles a component, or takes what an earlier start of this server compiled.
pub(super) fn compile(
    engine: &Engine,
    bytes: &[u8],
    digest: &str,
    cache: Option<&Cache>,
) -> wasmtime::Result<Component> {
    if let Some(component) = cache.and_then(|c| c.read(engine, digest)) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, bytes)?;
    if let Some(cache) = cache
        && let Err(error) = component
            .serialize()
            .and_then(|code| Ok(cache.write(engine, digest, &code)?))
    {
        tracing::warn!(digest, error = %error, "compiled code isn't kept");
    }
    Ok(component)
}

/// A folder of compiled code that only this server can write. Machine code is never taken from anywhere else.
#[derive(Debug)]
pub(super) struct Cache(PathBuf);

impl Cache {
    /// Creates the folder with mode 0700, and refuses one that others could write.
    pub(super) fn open(folder: &Path) -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mode = fs::symlink_metadata(folder)?.permissions().mode();
            if mode & 0o077 != 0 || mode & 0o170_000 != 0o040_000 {
                let why = format!("{} must be a folder with mode 0700", folder.display());
                return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why));
            }
        }
        #[cfg(not(unix))]
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Code depends on the component, and on the compiler with all its settings.
    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.0.join(format!("{digest}-{:016x}.bin", hasher.finish()))
    }

    #[expect(
        unsafe_code,
        reason = "machine code is executed as it is; only this server writes the folder"
    )]
    fn read(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.path(engine, digest);
        let content = fs::read(&path).ok()?;
        let (sum, code) = content.split_at_checked(32)?;
        if Sha256::digest(code).as_slice() != sum {
            tracing::warn!(path = %path.display(), "compiled code is damaged; compiling again");
            return None;
        }
        // SAFETY: `write` below put it there, in a folder of mode 0700, and the sum shows that all of it is there.
        match unsafe { Component::deserialize(engine, code) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(path = %path.display(), error = %error, "compiled code doesn't fit; compiling again");
                None
            }
        }
    }

    fn write(&self, engine: &Engine, digest: &str, code: &[u8]) -> std::io::Result<()> {
        let path = self.path(engine, digest);
        let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module_with(code: &[u8]) -> Vec<u8> {
        let mut module = PREAMBLE_MODULE.to_vec();
        module.push(SECTION_CODE);
        module.push(u8::try_from(code.len()).expect("small"));
        module.extend(code);
        let mut component = PREAMBLE_COMPONENT.to_vec();
        component.push(SECTION_CORE_MODULE);
        component.push(u8::try_from(module.len()).expect("small"));
        component.extend(module);
        component
    }

    #[test]
    fn an_outline_is_checked_before_anything_is_compiled() {
        let refused = |bytes: &[u8]| check_structure(bytes, 1000).expect_err("refused");
        assert_eq!(check_structure(&module_with(&[1, 2, 0, 0x0b]), 1000), Ok(()));
        assert_eq!(refused(&[0; 1001]), "1001 bytes, at most 1000 are allowed");
        assert_eq!(refused(b"#!/bin/sh"), "not a WebAssembly component");
        assert_eq!(
            refused(PREAMBLE_MODULE),
            "a core module, not a component: run cardea-pack over it"
        );
        assert_eq!(refused(&module_with(&[2, 2, 0, 0x0b])), "it ends too early");
        assert_eq!(refused(&module_with(&[0xa1, 0x9c, 0x01])), "more than 20000 functions");
        assert_eq!(
            refused(&module_with(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f])),
            "a function of 4294967295 bytes, at most 262144 are allowed"
        );
        assert_eq!(refused(&module_with(&[0xff; 6])), "a number is too long");
        let many = module_with(&[0])[8..].repeat(17);
        assert_eq!(
            refused(&[PREAMBLE_COMPONENT, &many].concat()),
            "more than 16 core modules"
        );
    }

    #[test]
    fn components_in_components_end_somewhere() {
        let mut nested = PREAMBLE_COMPONENT.to_vec();
        for _ in 0..6 {
            let inner = std::mem::replace(&mut nested, PREAMBLE_COMPONENT.to_vec());
            nested.push(SECTION_COMPONENT);
            nested.push(u8::try_from(inner.len()).expect("small"));
            nested.extend(inner);
        }
        assert_eq!(
            check_structure(&nested, 1000),
            Err("components are nested more than 4 deep".to_owned())
        );
    }
}
