//! What every handler holds.

use crate::http::Problem;
use crate::metrics::Metrics;
use actix_web::web;
use cardea_domain::Refusal;
use cardea_domain::id::CustomerId;
use cardea_engine::archive::CustomerBrief;
use cardea_engine::demo::Progress;
use cardea_engine::{Actor, Engine, Network};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;

/// What tills show of customers, by id.
pub type Customers = HashMap<CustomerId, CustomerBrief>;

/// When the storage was last looked at, and what was found: whoever asks meanwhile waits for the look under way.
pub type LastLook = Mutex<Option<(Instant, Result<(), Refusal>)>>;

/// What `serve --demo` shows.
#[derive(Clone)]
pub struct Demonstration {
    /// What its books follow from.
    pub seed: u64,
    /// Whether they were there at the start.
    pub filled: bool,
    pub progress: Arc<Progress>,
}

/// One running server's state, as application data.
pub struct State {
    pub engine: Engine,
    pub metrics: Metrics,
    pub last_look: LastLook,
    /// On a server that offers the demo's log-ins.
    pub demo: Option<Demonstration>,
    pub trusted_proxies: Vec<Network>,
}

impl State {
    /// Runs a read that may take more than a look-up by key, off the request threads.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Engine) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let engine = self.engine.clone();
        Ok(web::block(move || read(&engine))
            .await
            .map_err(|e| Problem::internal(&e))??)
    }

    /// How a till shows these customers; those that are gone are missing.
    ///
    /// # Errors
    /// `internal`, `storage_unavailable`.
    pub fn customers(&self, actor: &Actor, ids: &[CustomerId]) -> Result<Customers, Problem> {
        if ids.is_empty() {
            return Ok(Customers::new());
        }
        Ok(self.engine.customer_briefs(actor.chain, ids).map_err(Refusal::from)?)
    }
}
