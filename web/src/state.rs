//! What every handler holds.

use crate::http::Problem;
use crate::metrics::Metrics;
use actix_web::web;
use cardea_domain::Refusal;
use cardea_domain::id::CustomerId;
use cardea_engine::archive::CustomerBrief;
use cardea_engine::{Actor, Engine};

/// One running server's state, as application data.
pub struct State {
    pub engine: Engine,
    pub metrics: Metrics,
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

    /// How a till shows a customer; None for one that is gone.
    ///
    /// # Errors
    /// `internal`, `storage_unavailable`.
    pub fn customer(&self, actor: &Actor, id: CustomerId) -> Result<Option<CustomerBrief>, Problem> {
        let mut found = self.engine.customer_briefs(actor.chain, &[id]).map_err(Refusal::from)?;
        Ok(found.remove(&id))
    }
}
