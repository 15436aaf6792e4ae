//! Tells HQ that a plugin was suspended: every chain with a program of it, once per suspension.

use crate::actor::Actor;
use crate::engine::Inner;
use crate::error::Result;
use crate::plugin::Suspended;
use crate::store::schema::configurations;
use crate::store::{Answer, Id};
use crate::store_admin::chain_ids;
use crate::{Engine, each};
use diesel::prelude::*;
use serde_json::json;
use std::sync::{Arc, Weak};

/// The plugin host's hook. It is called on a request's thread, so that the telling has a thread of its own.
pub(crate) fn teller(engine: &Arc<Inner>) -> impl Fn(Suspended) + Send + Sync + 'static {
    let engine: Weak<Inner> = Arc::downgrade(engine);
    move |suspended| {
        let engine = engine.clone();
        let tell = move || {
            let Some(engine) = engine.upgrade().map(Engine) else {
                return;
            };
            if let Err(error) = tell(&engine, &suspended) {
                tracing::error!(%error, digest = suspended.digest, "HQ couldn't be told of a suspended plugin");
            }
        };
        if let Err(error) = std::thread::Builder::new()
            .name("plugin-suspended".to_owned())
            .spawn(tell)
        {
            tracing::error!(%error, "HQ couldn't be told of a suspended plugin");
        }
    }
}

fn tell(engine: &Engine, suspended: &Suspended) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(crate::Error::internal)?;
    let digest = hex::decode(&suspended.digest).map_err(crate::Error::internal)?;
    let note = json!({
        "plugin": suspended.plugin, "version": suspended.version, "digest": suspended.digest,
        "reason": suspended.reason.code(), "failures": suspended.failures, "seconds": suspended.cool_down.as_secs(),
    });
    let mut told = Ok(());
    for chain in chain_ids(engine)? {
        let own = configurations::chain_id.eq(Id::from(chain));
        let of_it: i64 = engine.read(chain, |conn| {
            Ok(each!(conn, c => configurations::table
                .filter(own.and(configurations::digest.eq(&digest)))
                .count()
                .get_result(c)?))
        })?;
        if of_it == 0 {
            continue;
        }
        let note = note.clone();
        let system = Actor::system(chain);
        let write = engine.transact(&system, None, "plugin.suspend", move |tx| {
            tx.audit("plugin.suspended", None, note.clone());
            tx.publish("plugin.suspended", note.clone());
            Ok(Answer::no_content())
        });
        told = told.and(runtime.block_on(write).map(drop).map_err(Into::into));
    }
    told
}
