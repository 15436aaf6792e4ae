//! Generated from the interface; the same derives as the host's, so that a value has one JSON form everywhere.
wit_bindgen::generate!({
    path: "../wit/0.1.0",
    world: "industry",
    pub_export_macro: true,
    default_bindings_module: "cardea_plugin::__bindings",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    generate_unused_types: true,
});
