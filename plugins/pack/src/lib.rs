//! Components from core modules, and `plugins.lock`: which component was built from which sources by which tool chain.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The content of `plugins/dist/plugins.lock`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// What `rustc --version` said.
    pub toolchain: String,
    /// By the name of the plugin's folder.
    pub components: BTreeMap<String, Locked>,
}

/// One prebuilt component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// SHA-256 of `<name>.wasm`, hex.
    pub sha256: String,
    /// Size of `<name>.wasm` in bytes.
    pub bytes: u64,
    /// [`source_hash`] at the time of the build.
    pub sources: String,
}

impl Lock {
    /// Reads `plugins.lock` of a folder.
    pub fn read(dist: &Path) -> Result<Self> {
        let path = dist.join("plugins.lock");
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("can't understand {}", path.display()))
    }

    /// Writes `plugins.lock` for the components that lie in `dist`, each under the name of the folder of its sources.
    pub fn write(dist: &Path, plugins: &Path, toolchain: &str, sources: &[PathBuf]) -> Result<()> {
        let mut components = BTreeMap::new();
        for folder in sources {
            let name = folder.file_name().context("a folder without a name")?;
            let name = name.to_string_lossy().into_owned();
            let path = dist.join(format!("{name}.wasm"));
            let bytes = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
            let locked = Locked {
                sha256: hex::encode(Sha256::digest(&bytes)),
                bytes: bytes.len() as u64,
                sources: source_hash(plugins, folder)?,
            };
            components.insert(name, locked);
        }
        let lock = Self {
            toolchain: toolchain.to_owned(),
            components,
        };
        let text = serde_json::to_string_pretty(&lock)? + "\n";
        std::fs::write(dist.join("plugins.lock"), text).context("can't write plugins.lock")
    }
}

/// Makes a component of a core module that carries its component types, as the SDK's `export!` leaves them.
pub fn component(module: &[u8]) -> Result<Vec<u8>> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .context("no component types in the module: does it call cardea_plugin::export!?")?
        .encode()
        .context("the module doesn't fit the interface")
}

/// Puts the component types of a world into a core module that some other tool made. `wit` is a folder of the
/// interface, `document` a WIT package with exactly one world.
pub fn embed(module: &mut Vec<u8>, wit: &Path, document: &str) -> Result<()> {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(wit)?;
    let package = resolve.push_str("world.wit", document)?;
    let world = resolve.select_world(&[package], None)?;
    wit_component::embed_component_metadata(module, &resolve, world, wit_component::StringEncoding::UTF8)
}

/// SHA-256, hex, over the names and contents of everything that a component is made of: the interface and the SDK in
/// `plugins`, and the folder of the plugin itself, without tests and cases. Dependencies are pinned by Cargo.lock; that
/// they build the very same bytes is what `plugins/build.sh --check` finds out.
pub fn source_hash(plugins: &Path, folder: &Path) -> Result<String> {
    let mut shared = Vec::new();
    for part in ["wit", "sdk/src", "sdk/Cargo.toml"] {
        collect(&plugins.join(part), &mut shared)?;
    }
    let mut own = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("there is no plugin in {}", folder.display()))? {
        let path = entry?.path();
        let left_out = ["tests", "cases", "README.md"].iter().any(|n| path.ends_with(n));
        if !left_out {
            collect(&path, &mut own)?;
        }
    }
    let beside = folder.parent().context("a folder beside others")?;
    let named = |path: PathBuf, root: &Path| -> Result<(String, PathBuf)> {
        Ok((path.strip_prefix(root)?.to_string_lossy().replace('\\', "/"), path))
    };
    let shared = shared.into_iter().map(|path| named(path, plugins));
    let mut files: Vec<(String, PathBuf)> = shared
        .chain(own.into_iter().map(|path| named(path, beside)))
        .collect::<Result<_>>()?;
    files.sort();
    let mut hash = Sha256::new();
    for (relative, path) in files {
        let bytes = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        hash.update(format!("{relative}\n{}\n", bytes.len()));
        hash.update(&bytes);
    }
    Ok(hex::encode(hash.finalize()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(|| format!("can't read {}", path.display()))? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_changes_with_rules_but_not_with_cases() {
        let plugins = std::env::temp_dir().join(format!("cardea-pack-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = plugins.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        for path in [
            "wit/0/a.wit",
            "sdk/src/lib.rs",
            "sdk/Cargo.toml",
            "shop/Cargo.toml",
            "shop/src/lib.rs",
            "shop/cases/a.json",
        ] {
            write(path, "1");
        }
        let first = source_hash(&plugins, &plugins.join("shop")).expect("a hash");
        write("shop/cases/a.json", "2");
        assert_eq!(source_hash(&plugins, &plugins.join("shop")).expect("a hash"), first);
        write("shop/src/lib.rs", "2");
        let second = source_hash(&plugins, &plugins.join("shop")).expect("a hash");
        assert_ne!(second, first);
        write("wit/0/a.wit", "2");
        assert_ne!(source_hash(&plugins, &plugins.join("shop")).expect("a hash"), second);
        assert!(source_hash(&plugins, &plugins.join("nothing")).is_err());

        std::fs::write(plugins.join("shop.wasm"), b"abc").expect("a file");
        Lock::write(&plugins, &plugins, "rustc 1", &[plugins.join("shop")]).expect("a lock");
        let locked = &Lock::read(&plugins).expect("a lock").components["shop"];
        assert_eq!((locked.bytes, &locked.sha256[..8]), (3, "ba7816bf"));
        std::fs::remove_dir_all(&plugins).expect("removed");
    }
}
