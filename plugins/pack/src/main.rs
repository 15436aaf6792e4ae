//! `cardea-pack component CORE.wasm OUT.wasm` makes a component of a plugin's core module;
//! `cardea-pack lock DIST TOOLCHAIN FOLDER…` writes plugins.lock for the components in DIST, by the folders of their sources.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["component", core, out] => component(Path::new(core), Path::new(out)),
        ["lock", dist, toolchain, folders @ ..] if !folders.is_empty() => {
            let plugins = Path::new(env!("CARGO_MANIFEST_DIR"))
                .parent()
                .context("pack lies in plugins")?;
            let folders = folders.iter().map(std::path::absolute);
            let folders: Vec<PathBuf> = folders.collect::<std::io::Result<_>>()?;
            cardea_pack::Lock::write(Path::new(dist), plugins, toolchain, &folders)
        }
        _ => bail!("usage: cardea-pack component CORE.wasm OUT.wasm | cardea-pack lock DIST TOOLCHAIN FOLDER…"),
    }
}

fn component(core: &Path, out: &Path) -> Result<()> {
    let module = std::fs::read(core).with_context(|| format!("can't read {}", core.display()))?;
    let component = cardea_pack::component(&module).with_context(|| core.display().to_string())?;
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(out, &component).with_context(|| format!("can't write {}", out.display()))?;
    println!("{}: {} bytes", out.display(), component.len());
    Ok(())
}
