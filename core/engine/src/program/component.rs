//! The plugins of stored components. Each is loaded at its first use, on a thread of its own; whoever needs it
//! meanwhile waits for that one, or goes on without it.

use super::ComponentDigest;
use super::effective::Configuration;
use crate::error::{Error, Result};
use crate::plugin::{Failure, Plugin, PluginError, PluginHost};
use crate::store::Scope;
use crate::store::schema::components;
use crate::{Engine, each};
use diesel::prelude::*;
use parking_lot::{Condvar, Mutex};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a sale waits for a plugin that is being loaded, from the beginning of the attempt.
const BRIEFLY: Duration = Duration::from_secs(2);
/// How long everything else does; an attempt has limits of its own, and they are lower.
const LONG: Duration = Duration::from_secs(120);
/// A component that couldn't be loaded isn't tried again before: compiling costs seconds.
const REMEMBERED: Duration = Duration::from_secs(30);

/// A plugin, or why there is none.
pub(crate) type Loaded = Result<Arc<Plugin>, PluginError>;

/// How long to wait for a plugin that isn't loaded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A customer stands at the till: 2 s, and not at all for one that couldn't be loaded before.
    Briefly,
    /// Until it is known.
    ForIt,
}

/// What is known of components that aren't loaded.
#[derive(Default)]
pub(crate) struct Components {
    attempts: Mutex<HashMap<ComponentDigest, Attempt>>,
    ended: Condvar,
}

#[derive(Clone, Default)]
struct Attempt {
    /// It is being loaded, since then.
    begun: Option<Instant>,
    /// How it failed last, and when.
    failed: Option<(Instant, PluginError)>,
}

impl Components {
    /// Whether the caller shall load it now.
    fn begin(&self, digest: ComponentDigest) -> bool {
        let mut attempts = self.attempts.lock();
        let attempt = attempts.entry(digest).or_default();
        let fresh = matches!(&attempt.failed, Some((at, _)) if at.elapsed() < REMEMBERED);
        if attempt.begun.is_some() || fresh {
            return false;
        }
        attempt.begun = Some(Instant::now());
        true
    }

    fn end(&self, digest: ComponentDigest, failed: Option<PluginError>) {
        let mut attempts = self.attempts.lock();
        match failed {
            None => drop(attempts.remove(&digest)),
            Some(error) => {
                let failed = Some((Instant::now(), error));
                attempts.insert(digest, Attempt { begun: None, failed });
            }
        }
        self.ended.notify_all();
    }

    /// Waits for the attempt under way. None: it has ended well.
    fn failure(&self, digest: ComponentDigest, wait: Wait) -> Option<PluginError> {
        let mut attempts = self.attempts.lock();
        loop {
            let attempt = attempts.get(&digest)?.clone();
            let known = attempt.failed.map(|(_, error)| error);
            let Some(begun) = attempt.begun else { return known };
            let deadline = match (wait, known) {
                (Wait::Briefly, Some(error)) => return Some(error),
                (Wait::Briefly, None) => begun + BRIEFLY,
                (Wait::ForIt, _) => begun + LONG,
            };
            if self.ended.wait_until(&mut attempts, deadline).timed_out() {
                let message = "it isn't compiled yet".to_owned();
                return Some(PluginError::of_load(Failure::Loading, hex::encode(digest), message));
            }
        }
    }

    /// What couldn't be loaded before is tried again when it is next needed.
    pub fn forget_failures(&self) {
        self.attempts.lock().retain(|_, attempt| attempt.begun.is_some());
    }
}

/// An attempt to load; ends when dropped, so that a panic ends it too.
struct Loading {
    components: Arc<Components>,
    digest: ComponentDigest,
    failed: Option<PluginError>,
}

impl Loading {
    fn of(components: &Arc<Components>, digest: ComponentDigest) -> Self {
        let message = "loading it ended early; the log has the cause".to_owned();
        Self {
            components: components.clone(),
            digest,
            failed: Some(PluginError::of_load(Failure::RefusedLoad, hex::encode(digest), message)),
        }
    }

    fn load(mut self, host: &PluginHost, bytes: Option<&[u8]>) {
        let refused = |message: String| PluginError::of_load(Failure::RefusedLoad, hex::encode(self.digest), message);
        self.failed = match bytes {
            None => Some(refused("it is missing in the database".to_owned())),
            Some(bytes) if Sha256::digest(bytes).as_slice() != self.digest => {
                Some(refused("it was changed in the database".to_owned()))
            }
            Some(bytes) => host.load(bytes).err(),
        };
        if let Some(error) = &self.failed {
            tracing::error!(%error, "a program's plugin can't be loaded; its sales are booked unjudged");
        }
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        self.components.end(self.digest, self.failed.take());
    }
}

impl Engine {
    /// The plugin of a stored component; compiled at its first use after a start.
    ///
    /// # Errors
    /// The database fails. Why there is no plugin is part of the answer: `plugin_refused_load`, `plugin_loading`.
    pub(crate) fn component(&self, digest: ComponentDigest, wait: Wait) -> Result<Loaded> {
        let name = hex::encode(digest);
        let components = self.components();
        if let Some(plugin) = self.plugins().get(&name) {
            return Ok(Ok(plugin));
        }
        if components.begin(digest) {
            let mut loading = Loading::of(components, digest);
            // Read here: a thread of its own would need a connection beside those of everybody who waits for it.
            let read = self.read(Scope::Installation, |conn| {
                Ok(each!(conn, c => components::table
                    .find(digest.as_slice())
                    .select(components::bytes)
                    .get_result(c)
                    .optional()?))
            });
            let bytes: Option<Vec<u8>> = read.inspect_err(|_| loading.failed = None)?;
            let host = self.plugins().clone();
            std::thread::Builder::new()
                .name("plugin-load".to_owned())
                .spawn(move || loading.load(&host, bytes.as_deref()))
                .map_err(Error::internal)?;
        }
        if let Some(error) = components.failure(digest, wait) {
            return Ok(Err(error));
        }
        let loaded = self.plugins().get(&name);
        Ok(loaded.ok_or_else(|| {
            let message = "its attempt was forgotten; try again".to_owned();
            PluginError::of_load(Failure::Loading, name, message)
        }))
    }

    /// The plugin of a configuration.
    ///
    /// # Errors
    /// As [`Engine::component`].
    pub(crate) fn plugin_of(&self, configuration: &Configuration, wait: Wait) -> Result<Loaded> {
        if let Some(plugin) = configuration.plugin.get() {
            return Ok(Ok(plugin.clone()));
        }
        let loaded = self.component(configuration.digest, wait)?;
        if let Ok(plugin) = &loaded {
            configuration.plugin.get_or_init(|| plugin.clone());
        }
        Ok(loaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: ComponentDigest = [7; 32];

    fn error(failure: Failure) -> PluginError {
        PluginError::of_load(failure, hex::encode(DIGEST), "no".to_owned())
    }

    fn failure(components: &Components, wait: Wait) -> Option<Failure> {
        components.failure(DIGEST, wait).map(|error| error.failure)
    }

    #[test]
    fn one_loads_and_what_failed_is_left_alone_for_a_while() {
        let components = Components::default();
        assert!(components.begin(DIGEST) && !components.begin(DIGEST), "one loads");
        components.end(DIGEST, Some(error(Failure::RefusedLoad)));
        assert!(!components.begin(DIGEST), "it has just failed");
        assert_eq!(failure(&components, Wait::ForIt), Some(Failure::RefusedLoad));
        components.forget_failures();
        assert!(components.begin(DIGEST));
        components.forget_failures();
        assert!(!components.begin(DIGEST), "it is being loaded");
        components.end(DIGEST, None);
        assert_eq!(failure(&components, Wait::ForIt), None);
        assert!(components.begin(DIGEST), "nothing is left of it");
    }

    #[test]
    fn a_till_waits_for_no_second_attempt() {
        let components = Components::default();
        let earlier = (Instant::now(), error(Failure::RefusedLoad));
        let again = Attempt {
            begun: Some(Instant::now()),
            failed: Some(earlier),
        };
        components.attempts.lock().insert(DIGEST, again);
        assert_eq!(failure(&components, Wait::Briefly), Some(Failure::RefusedLoad));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| failure(&components, Wait::ForIt));
            components.end(DIGEST, None);
            assert_eq!(waiting.join().expect("an answer"), None, "it was waited for");
        });
    }

    #[test]
    fn a_load_that_panics_ends_too() {
        let components = Arc::new(Components::default());
        assert!(components.begin(DIGEST));
        drop(Loading::of(&components, DIGEST));
        assert_eq!(failure(&components, Wait::ForIt), Some(Failure::RefusedLoad));
    }
}
