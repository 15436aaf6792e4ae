//! Loading components and calling them.

use super::api::{admission, describe, earning, expiry, guard, redeeming, renewal, replacement, topping_up};
use super::breaker::{Breaker, Suspension};
use super::cache::Cache;
use super::child::Compiler;
use super::compile::{self, Compilation};
use super::error::{Counters, Counts, Failure, PluginError};
use super::limits::{CallState, Limits, MemoryLimit, Places, start_ticker};
use super::loaded::Plugin;
use super::{output, pins, structure};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Instance, InstancePre, Linker};
use wasmtime::{
    Enabled, Engine, InstanceAllocationStrategy, PoolConcurrencyLimitError, PoolingAllocationConfig, Store, Trap,
};

/// Core instances of one component: its own module, and what joins it to the interface.
const CORE_INSTANCES: u32 = 4;
const TABLES: u32 = 4;
const MEMORIES: u32 = 2;
/// Deadline of the trial run when a component is loaded, at least.
const TRIAL: Duration = Duration::from_secs(2);
const LOGGING: &str = "cardea:industry/logging@0.1.0";
const TYPES: &str = "cardea:industry/types@0.1.0";

/// How to run plugins.
#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: Limits,
    /// Decisions at the same time.
    pub concurrent: u32,
    /// How long a decision waits for its turn before it is `plugin_busy`.
    pub patience: Duration,
    pub suspension: Suspension,
    /// Folder of compiled code; created with mode 0700. Nothing else may ever write there.
    pub cache: Option<PathBuf>,
    /// Who compiles components that aren't first-party, in a process of its own; None: this process does.
    pub compiler: Option<Compiler>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            concurrent: 32,
            patience: Duration::from_millis(500),
            suspension: Suspension::default(),
            cache: None,
            compiler: None,
        }
    }
}

/// Loads plugins; one per process is enough. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost(Arc<Inner>);

struct Inner {
    runtime: Arc<Runtime>,
    linker: Linker<CallState>,
    limits: Limits,
    suspension: Suspension,
    compilation: Compilation,
    loaded: Mutex<HashMap<String, Arc<Plugin>>>,
}

/// What the host and its plugins share.
pub(super) struct Runtime {
    engine: Engine,
    places: Places,
    pub(super) counters: Counters,
    pub(super) calls: AtomicU64,
    pub(super) teller: OnceLock<Teller>,
}

pub(super) type Teller = Box<dyn Fn(Suspended) + Send + Sync>;

/// A plugin that kept failing and is left alone for a while.
#[derive(Clone, Debug)]
pub struct Suspended {
    pub plugin: String,
    pub version: String,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// The last failure.
    pub reason: Failure,
    /// So many in a row.
    pub failures: u32,
    /// Until one decision is tried.
    pub cool_down: Duration,
}

/// A component with the places of its functions.
pub(super) struct Guest {
    pre: InstancePre<CallState>,
    pub(super) limits: Limits,
    describe: describe::GuestIndices,
    pub(super) earning: earning::GuestIndices,
    pub(super) admission: Option<admission::GuestIndices>,
    pub(super) redeeming: Option<redeeming::GuestIndices>,
    pub(super) topping_up: Option<topping_up::GuestIndices>,
    pub(super) renewal: Option<renewal::GuestIndices>,
    pub(super) expiry: Option<expiry::GuestIndices>,
    pub(super) replacement: Option<replacement::GuestIndices>,
    pub(super) guard: Option<guard::GuestIndices>,
}

impl Guest {
    /// Checks the types of every export.
    fn try_exports(&self, store: &mut Store<CallState>, instance: &Instance) -> wasmtime::Result<()> {
        macro_rules! tried {
            ($($interface:ident),*) => {$(
                if let Some(indices) = &self.$interface {
                    indices.load(&mut *store, instance)?;
                }
            )*};
        }
        self.earning.load(&mut *store, instance)?;
        tried!(admission, redeeming, topping_up, renewal, expiry, replacement, guard);
        Ok(())
    }
}

fn engine(settings: &Settings) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    let places = settings.concurrent.max(1);
    pool.total_component_instances(places)
        .total_core_instances(places * CORE_INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(places * MEMORIES)
        .max_memories_per_component(MEMORIES)
        .total_tables(places * TABLES)
        .max_tables_per_component(TABLES)
        .table_elements(settings.limits.table_elements)
        .max_memory_size(Limits::MEMORY)
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = compile::config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

impl PluginHost {
    /// Starts the runtime and the clock of deadlines.
    ///
    /// # Errors
    /// The machine can't reserve the address space, or the folder of compiled code isn't this server's alone.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let engine = engine(settings).map_err(|e| anyhow::anyhow!("the plugin runtime: {e:?}"))?;
        let mut linker = Linker::new(&engine);
        pins::v0_1_0::Industry::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)
            .map_err(|e| anyhow::anyhow!("the plugin runtime: {e:?}"))?;
        start_ticker(engine.weak())?;
        let runtime = Runtime {
            engine,
            places: Places::new(settings.concurrent.max(1), settings.patience),
            counters: Counters::default(),
            calls: AtomicU64::new(0),
            teller: OnceLock::new(),
        };
        Ok(Self(Arc::new(Inner {
            runtime: Arc::new(runtime),
            linker,
            limits: settings.limits,
            suspension: settings.suspension,
            compilation: Compilation {
                cache: settings.cache.as_deref().map(Cache::open).transpose()?,
                compiler: settings.compiler.clone(),
                turn: Mutex::new(()),
            },
            loaded: Mutex::new(HashMap::new()),
        })))
    }

    /// Checks, compiles and tries a component; one that is loaded already is handed out again.
    ///
    /// # Errors
    /// `plugin_refused_load` with the reason; `plugin_busy`.
    pub fn load(&self, bytes: &[u8]) -> Result<Arc<Plugin>, PluginError> {
        let digest = hex::encode(Sha256::digest(bytes));
        if let Some(plugin) = self.get(&digest) {
            return Ok(plugin);
        }
        let runtime = &self.0.runtime;
        let loaded = self.0.guest(bytes, &digest).and_then(|guest| {
            let description = runtime.describe(&guest, &digest)?;
            Ok(Plugin {
                runtime: runtime.clone(),
                digest: digest.clone(),
                description,
                guest,
                counters: Counters::default(),
                suspension: self.0.suspension,
                breaker: Mutex::new(Breaker::new(self.0.suspension)),
            })
        });
        match loaded {
            Ok(plugin) => {
                tracing::info!(
                    plugin = plugin.id(),
                    version = plugin.description.version,
                    digest,
                    "plugin loaded"
                );
                Ok(self
                    .0
                    .loaded
                    .lock()
                    .entry(digest)
                    .or_insert_with(|| Arc::new(plugin))
                    .clone())
            }
            Err((failure, message)) => {
                runtime.counters.failed(failure);
                let error = PluginError::of_load(failure, digest, message);
                tracing::warn!(
                    code = error.code(),
                    digest = error.digest,
                    error = error.message,
                    "plugin refused"
                );
                Err(error)
            }
        }
    }

    /// A loaded plugin by the SHA-256 of its component, hex.
    pub fn get(&self, digest: &str) -> Option<Arc<Plugin>> {
        self.0.loaded.lock().get(digest).cloned()
    }

    /// Who is told when a plugin is suspended, on the thread of the call; the first to ask is.
    pub fn on_suspension(&self, teller: impl Fn(Suspended) + Send + Sync + 'static) {
        let unheard = self.0.runtime.teller.set(Box::new(teller));
        debug_assert!(unheard.is_ok(), "one is told");
    }

    /// Plugins that are suspended now.
    pub fn suspended(&self) -> usize {
        self.0
            .loaded
            .lock()
            .values()
            .filter(|plugin| plugin.is_suspended())
            .count()
    }

    /// Counts over all plugins, refused loads included.
    pub fn counts(&self) -> Counts {
        self.0.runtime.counters.read()
    }
}

pub(super) type Failed = (Failure, String);

impl Inner {
    fn guest(&self, bytes: &[u8], digest: &str) -> Result<Guest, Failed> {
        let refused = |message: String| (Failure::RefusedLoad, message);
        structure::check(bytes, self.limits.component_bytes).map_err(refused)?;
        let engine = &self.runtime.engine;
        let component = self.compilation.compile(engine, bytes, digest).map_err(refused)?;
        check_imports(engine, &component).map_err(refused)?;
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(|e| refused(format!("it doesn't fit: {e:#}")))?;
        let missing = |e: wasmtime::Error| refused(e.to_string());
        Ok(Guest {
            describe: describe::GuestIndices::new(&pre).map_err(missing)?,
            earning: earning::GuestIndices::new(&pre).map_err(missing)?,
            admission: admission::GuestIndices::new(&pre).ok(),
            redeeming: redeeming::GuestIndices::new(&pre).ok(),
            topping_up: topping_up::GuestIndices::new(&pre).ok(),
            renewal: renewal::GuestIndices::new(&pre).ok(),
            expiry: expiry::GuestIndices::new(&pre).ok(),
            replacement: replacement::GuestIndices::new(&pre).ok(),
            guard: guard::GuestIndices::new(&pre).ok(),
            limits: self.limits,
            pre,
        })
    }
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), String> {
    for (name, import) in component.component_type().imports(engine) {
        let harmless = match import.ty {
            ComponentItem::ComponentInstance(_) if name == LOGGING => true,
            ComponentItem::ComponentInstance(instance) if name == TYPES => instance
                .exports(engine)
                .all(|(_, export)| matches!(export.ty, ComponentItem::Type(_))),
            _ => false,
        };
        if !harmless {
            return Err(format!("it imports {name}; only {LOGGING} is allowed"));
        }
    }
    Ok(())
}

impl Runtime {
    /// The trial run: instantiates, checks the types of every export, and asks what the plugin is.
    fn describe(&self, guest: &Guest, digest: &str) -> Result<describe::Description, Failed> {
        let label = digest.get(..12).unwrap_or(digest);
        // A trial isn't on anybody's way: instructions bound it, not the time.
        let limits = Limits {
            deadline: guest.limits.deadline.max(TRIAL),
            ..guest.limits
        };
        let description = self
            .run(guest, &limits, label, 0, |store, instance| {
                guest.try_exports(store, instance)?;
                guest.describe.load(&mut *store, instance)?.call_describe(store)
            })
            .map_err(|(failure, message)| match failure {
                Failure::Busy => (failure, message),
                _ => (
                    Failure::RefusedLoad,
                    format!("the trial run failed: {}: {message}", failure.code()),
                ),
            })?;
        output::description(&description, guest.limits.string_bytes).map_err(|e| (Failure::RefusedLoad, e))?;
        Ok(description)
    }

    /// One call in an instance of its own.
    pub(super) fn run<T>(
        &self,
        guest: &Guest,
        limits: &Limits,
        label: &str,
        call: u64,
        body: impl Fn(&mut Store<CallState>, &Instance) -> wasmtime::Result<T>,
    ) -> Result<T, Failed> {
        let Some(_place) = self.places.take() else {
            return Err((Failure::Busy, "no place in time".to_owned()));
        };
        let mut store = Store::new(&self.engine, CallState::new(label.to_owned(), call, limits));
        store.limiter(|state| state);
        store.set_hostcall_fuel(limits.output_bytes);
        store.set_epoch_deadline(limits.ticks());
        let done = store.set_fuel(limits.fuel).and_then(|()| {
            let instance = guest.pre.instantiate(&mut store)?;
            body(&mut store, &instance)
        });
        done.map_err(|e| classify(&e))
    }
}

fn classify(error: &wasmtime::Error) -> Failed {
    let cause = error.root_cause().to_string();
    let failure = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::Fuel,
        Some(Trap::Interrupt) => Failure::Deadline,
        Some(Trap::AllocationTooLarge) => Failure::Memory,
        Some(_) => Failure::Trap,
        None if error.is::<MemoryLimit>() => Failure::Memory,
        None if error.is::<PoolConcurrencyLimitError>() => Failure::Busy,
        // Everything else is an answer that can't be read: too large, not UTF-8, no such case.
        None => Failure::Output,
    };
    (failure, cause)
}
