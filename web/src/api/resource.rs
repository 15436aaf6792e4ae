//! Plain resources: the four handlers that are the same for all of them.

/// Declares list, create, read and update of a [`cardea_engine::resource::Resource`] and their routes. What is given is what
/// differs: the documents, the paths, the permissions, the handlers' names (the interface's operation ids) and a sentence each.
macro_rules! resource {
    (
        $document:ident ($new:ident, $change:ident, $query:ident) tagged $tag:tt at $path:tt and $one:tt
        by $read:ident, $write:ident;
        $(#[$list_doc:meta])* list $list:ident;
        $(#[$create_doc:meta])* create $create:ident;
        $(#[$read_doc:meta])* read $get:ident;
        $(#[$update_doc:meta])* update $update:ident;
    ) => {
        $(#[$list_doc])*
        #[utoipa::path(tag = $tag, params($query), responses((status = 200, body = Page<$document>)))]
        #[get($path)]
        async fn $list(permit: Permit<action::$read>, query: Query<$query>, state: web::Data<State>) -> Answer {
            let list = move |engine: &Engine| engine.list::<$document>(permit.actor(), &query.0);
            Ok(answer::ok(&state.read(list).await?))
        }

        $(#[$create_doc])*
        #[utoipa::path(
            tag = $tag, params(IdempotencyKey), request_body = $new, responses((status = 201, body = $document))
        )]
        #[post($path)]
        async fn $create(permit: Permit<action::$write>, write: Write<$new>, state: web::Data<State>) -> Answer {
            let created = state.engine.create::<$document>(permit.actor(), Some(write.key), write.body);
            Ok(answer::resource(created.await?))
        }

        $(#[$read_doc])*
        #[utoipa::path(tag = $tag, params(("id" = Uuid, Path)), responses((status = 200, body = $document)))]
        #[get($one)]
        async fn $get(permit: Permit<action::$read>, id: Id<Uuid>, state: web::Data<State>) -> Answer {
            let document = state.engine.one::<$document>(permit.actor(), id.0)?;
            Ok(answer::tagged(document.version, &document))
        }

        $(#[$update_doc])*
        #[utoipa::path(
            tag = $tag, params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = $change,
            responses((status = 200, body = $document))
        )]
        #[patch($one)]
        async fn $update(
            permit: Permit<action::$write>,
            id: Id<Uuid>,
            version: IfMatch,
            write: Write<$change>,
            state: web::Data<State>,
        ) -> Answer {
            let (actor, key) = (permit.actor(), Some(write.key));
            let changed = state.engine.update::<$document>(actor, key, id.0, version.0, write.body);
            Ok(answer::resource(changed.await?))
        }
    };
}

/// What the handlers of [`resource!`] need.
pub(super) mod prelude {
    pub use crate::http::{Answer, Id, IdempotencyKey, IfMatch, Language, Page, Permit, Query, Write, action, answer};
    pub use crate::state::State;
    pub use actix_web::{get, patch, post, web};
    pub use cardea_engine::Engine;
    pub use utoipa_actix_web::service_config::ServiceConfig;
    pub use uuid::Uuid;
}

pub(super) use resource;
