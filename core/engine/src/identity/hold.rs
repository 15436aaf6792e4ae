//! What about a log-in needs others' agreement, where the chain says so: whatever gives somebody more than they had, and
//! a password of who may agree themselves, with which the one who sets it could agree in their place.

use super::staff::Account;
use super::{Action, Scope};
use crate::approval::{ApprovalKind, Guarded};
use cardea_domain::Text;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The same for the same user name, as a new log-in has no id before it is there.
fn id_of(user: &str) -> Uuid {
    let digest = Sha256::digest(user.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

impl Account {
    /// What others have to agree to; None: nothing of the kind.
    pub(super) fn guarded(&self, before: Option<&Account>) -> Option<Guarded> {
        let (row, user) = (&self.row, &self.row.user_name);
        let password = before.is_some_and(|before| before.row.password_hash != row.password_hash);
        if let Some(before) = before {
            let more = before.row.role != row.role
                || before.store_ids != self.store_ids
                || before.row.person_id != row.person_id
                || (row.active && !before.row.active);
            let decides = row.role.0.grant(Action::ApprovalDecide) == Some(Scope::Chain);
            if !(more || (password && decides)) {
                return None;
            }
        }
        let summary = match before {
            None => Text::new(format!("新账号 {user}"), format!("A new log-in: {user}")),
            Some(_) => Text::new(format!("修改账号 {user}"), format!("Another role or password: {user}")),
        };
        let mut stores = self.store_ids.clone();
        stores.sort_unstable();
        Some(Guarded {
            kind: ApprovalKind::Staff,
            subject: before.map_or_else(|| id_of(user), |before| before.row.id.0),
            request: json!({
                "user": user, "role": row.role.0, "store_ids": stores, "active": row.active, "password": password,
                "same_person_as": row.person_id.map(crate::store::Id::typed::<cardea_domain::id::StaffId>),
            }),
            summary,
        })
    }
}
