//! Generated from the interface; the same derives as the host's, so that a value has one JSON form everywhere.
//!
//! What every component of the SDK exports is here; each further interface is a world of its own, in a module of its own, so
//! that a component has the exports its rules decide and no others.
wit_bindgen::generate!({
    path: "../wit/0.1.0",
    inline: "package cardea:sdk; world rules {
        import cardea:industry/types@0.1.0;
        import cardea:industry/logging@0.1.0;
        export cardea:industry/describe@0.1.0;
        export cardea:industry/admission@0.1.0;
        export cardea:industry/earning@0.1.0;
        export cardea:industry/redeeming@0.1.0;
    }",
    world: "rules",
    pub_export_macro: true,
    default_bindings_module: "cardea_plugin::__bindings",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    generate_unused_types: true,
    generate_all,
});

macro_rules! optional {
    ($module:ident, $inline:tt, $path:tt) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../wit/0.1.0",
                inline: $inline,
                pub_export_macro: true,
                generate_all,
                default_bindings_module: $path,
                additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
                with: { "cardea:industry/types@0.1.0": crate::__bindings::cardea::industry::types },
            });
        }
    };
}

optional!(
    topping_up,
    "package cardea:sdk; world topping-up { export cardea:industry/topping-up@0.1.0; }",
    "cardea_plugin::__bindings::topping_up"
);
optional!(
    renewal,
    "package cardea:sdk; world renewal { export cardea:industry/renewal@0.1.0; }",
    "cardea_plugin::__bindings::renewal"
);
optional!(
    expiry,
    "package cardea:sdk; world expiry { export cardea:industry/expiry@0.1.0; }",
    "cardea_plugin::__bindings::expiry"
);
optional!(
    replacement,
    "package cardea:sdk; world replacement { export cardea:industry/replacement@0.1.0; }",
    "cardea_plugin::__bindings::replacement"
);
optional!(
    guard,
    "package cardea:sdk; world guard { export cardea:industry/guard@0.1.0; }",
    "cardea_plugin::__bindings::guard"
);
