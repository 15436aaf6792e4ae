//! Documents that a chain has one of each: the two handlers that are the same for all of them.

/// Declares read and update of a [`cardea_engine::settings::Setting`].
macro_rules! setting {
    (
        $value:ident tagged $tag:tt at $path:tt by $read:ident;
        $(#[$read_doc:meta])* read $get:ident;
        $(#[$update_doc:meta])* update $update:ident;
    ) => {
        $(#[$read_doc])*
        #[utoipa::path(tag = $tag, responses((status = 200, body = SettingView<$value>)))]
        #[get($path)]
        async fn $get(permit: Permit<action::$read>, state: web::Data<State>) -> Answer {
            let found = state.engine.setting::<$value>(permit.actor())?;
            Ok(answer::tagged(found.version, &found))
        }

        $(#[$update_doc])*
        #[utoipa::path(
            tag = $tag, params(IdempotencyKey, IfMatch), request_body = SettingChange<$value>,
            responses((status = 200, body = SettingView<$value>))
        )]
        #[patch($path)]
        async fn $update(
            permit: Permit<action::ConfigurationWrite>,
            version: IfMatch,
            write: Write<SettingChange<$value>>,
            state: web::Data<State>,
        ) -> Answer {
            let (actor, key) = (permit.in_chain()?, Some(write.key));
            let changed = state.engine.update_setting::<$value>(actor, key, version.0, write.body);
            Ok(answer::written(changed.await?, |found| found.version, |found| found))
        }
    };
}

pub(super) use setting;
