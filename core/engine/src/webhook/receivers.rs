//! What this process knows of the servers that get events: which of them fail, and to which it is sending.

use crate::message::Breakers;
use crate::store::Id;
use cardea_domain::id::ChainId;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An address: its chain and its id.
pub(super) type Place = (ChainId, Id);

#[derive(Default)]
pub(crate) struct Receivers {
    pub(super) breakers: Breakers<Place>,
    busy: Arc<Mutex<HashSet<Place>>>,
    begun: Mutex<HashSet<ChainId>>,
    stopping: AtomicBool,
}

/// As long as it lives, nobody else in this process sends to the address.
pub(super) struct Busy {
    pub place: Place,
    all: Arc<Mutex<HashSet<Place>>>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.all.lock().remove(&self.place);
    }
}

impl Receivers {
    /// None while somebody sends to it.
    pub(super) fn occupy(&self, place: Place) -> Option<Busy> {
        let free = self.busy.lock().insert(place);
        free.then(|| Busy {
            place,
            all: self.busy.clone(),
        })
    }

    /// Whether this process looks after a chain for the first time.
    pub(super) fn begin(&self, chain: ChainId) -> bool {
        self.begun.lock().insert(chain)
    }

    /// What isn't out yet waits for the next start.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
